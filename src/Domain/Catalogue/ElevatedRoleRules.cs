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
        if (CheckRole(version.Role, version.Namespaces) is { } wrong) return wrong;
        if (version.Maximum < ShortestDuration || version.Maximum > LongestMaximum) return new("MaximumRange", "The longest duration must be between 1 minute and 24 hours.");
        if (version.Default < ShortestDuration || version.Default > version.Maximum) return new("DefaultRange", "The usual duration must be between 1 minute and the longest.");
        // A form could say an hour and a half second; what is digested and written into bindings is whole seconds.
        if (version.Maximum.Ticks % TimeSpan.TicksPerSecond != 0) return new("MaximumRange", "The longest duration must be whole seconds.");
        if (version.Default.Ticks % TimeSpan.TicksPerSecond != 0) return new("DefaultRange", "The usual duration must be whole seconds.");
        return null;
    }

    /// <summary>The first rule that a role bound in these namespaces breaks; <see langword="null"/> if none.</summary>
    /// <param name="role">The role.</param>
    /// <param name="namespaces">Where; empty means cluster-wide.</param>
    public static Refusal? CheckRole(RoleReference role, IReadOnlyList<string> namespaces)
    {
        if (!ObjectName().IsMatch(role.Name) || role.Name.Length > 253) return new("RoleName", "Name the role as the cluster does, such as edit.");
        if (role.Kind == RoleKind.Role && namespaces.Count == 0) return new("RoleNeedsNamespace", "A Role belongs to a namespace; name the namespaces, or use a ClusterRole.");
        // Roles of the same name in two namespaces are two roles: what is shown, pinned and approved is one of them.
        if (role.Kind == RoleKind.Role && namespaces.Count > 1) return new("RoleOneNamespace", "Roles of the same name in two namespaces are two roles; make an entry for each, or use a ClusterRole.");
        if (namespaces.Count > 50) return new("TooManyNamespaces", "Name at most 50 namespaces in one entry.");
        if (namespaces.Distinct(StringComparer.Ordinal).Count() != namespaces.Count) return new("NamespaceTwice", "A namespace is named twice.");
        foreach (var name in namespaces)
            if (!NamespaceName().IsMatch(name)) return new("NamespaceName", $"“{name}” is not a name that a namespace can have.");
        return null;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamespaceName();

    // RBAC names are path segments (k8s.io/apimachinery, path.ValidatePathSegmentName): more than DNS names, but no slash or percent sign.
    [GeneratedRegex(@"^(?!\.{1,2}\z)[^/%\s\p{C}]+\z")]
    private static partial Regex ObjectName();
}
