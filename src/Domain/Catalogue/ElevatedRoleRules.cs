using System.Text.RegularExpressions;
using Lapse.Domain.Text;

namespace Lapse.Domain.Catalogue;

/// <summary>What a catalogue entry must look like to be saved.</summary>
public static partial class ElevatedRoleRules
{
    /// <summary>The shortest access that can be asked for; below this the creation itself would be most of it.</summary>
    public static readonly TimeSpan ShortestDuration = TimeSpan.FromMinutes(1);

    /// <summary>The longest maximum of any entry; longer is standing access.</summary>
    public static readonly TimeSpan LongestMaximum = TimeSpan.FromHours(24);

    /// <summary>The first rule that the version breaks; <see langword="null"/> if none.</summary>
    public static Refusal? Check(ElevatedRoleVersion version)
    {
        if (version.Title.Trim().Length is 0 or > 120) return new("TitleLength", "Give the entry a title of 1 to 120 characters.");
        if (!PlainText.IsLine(version.Title)) return new("TitleCharacters", "A title is one line.");
        if (version.Description.Length > 2000) return new("DescriptionLength", "Keep the description within 2,000 characters.");
        if (!PlainText.IsText(version.Description)) return new("DescriptionCharacters", "The description has characters that cannot be shown.");
        if (!ObjectName().IsMatch(version.RoleName) || version.RoleName.Length > 253) return new("RoleName", "Name the role as the cluster does, such as edit.");
        if (version.RoleKind == RoleKind.Role && version.IsClusterWide) return new("RoleNeedsNamespace", "A Role belongs to a namespace; name the namespaces, or use a ClusterRole.");
        // Roles of the same name in two namespaces are two roles: what is shown, pinned and approved is one of them.
        if (version.RoleKind == RoleKind.Role && version.Namespaces.Length > 1) return new("RoleOneNamespace", "Roles of the same name in two namespaces are two roles; make an entry for each, or use a ClusterRole.");
        if (version.Namespaces.Length > 50) return new("TooManyNamespaces", "Name at most 50 namespaces in one entry.");
        if (version.Namespaces.Distinct(StringComparer.Ordinal).Count() != version.Namespaces.Length) return new("NamespaceTwice", "A namespace is named twice.");
        foreach (var name in version.Namespaces)
            if (!NamespaceName().IsMatch(name)) return new("NamespaceName", $"“{name}” is not a name that a namespace can have.");
        if (version.Maximum < ShortestDuration || version.Maximum > LongestMaximum) return new("MaximumRange", "The longest duration must be between 1 minute and 24 hours.");
        if (version.Default < ShortestDuration || version.Default > version.Maximum) return new("DefaultRange", "The usual duration must be between 1 minute and the longest.");
        return null;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamespaceName();

    // RBAC names are path segments (k8s.io/apimachinery, path.ValidatePathSegmentName): more than DNS names, but no slash or percent sign.
    [GeneratedRegex(@"^(?!\.{1,2}\z)[^/%\s\p{C}]+\z")]
    private static partial Regex ObjectName();
}
