using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Text;

namespace Lapse.Domain.JustInTime;

/// <summary>Which standing bindings can become just-in-time access at all.</summary>
public static class StandingRules
{
    /// <summary>The longest name of a binding, as the API server has it.</summary>
    public const int LongestName = 253;

    /// <summary>The longest manifest, in bytes: what is longer nobody reviews.</summary>
    public const int LongestManifest = 64 * 1024;

    /// <summary>There are more than anybody reviews.</summary>
    public static readonly Refusal TooMany = new("TooManyBindings", $"Choose at most {JustInTimeChange.MostBindings} bindings at a time.");

    /// <summary>Why this binding cannot; <see langword="null"/> if it can.</summary>
    /// <param name="reviewed">The binding as it is in the cluster now.</param>
    /// <param name="own">The user name and groups by which the cluster knows Lapse itself.</param>
    public static Refusal? Check(ReviewedBinding reviewed, IReadOnlyCollection<string> own)
    {
        ArgumentNullException.ThrowIfNull(reviewed);
        var (binding, what) = (reviewed.Binding, reviewed.Reference);
        if (BindingKeys.IsBindingName(binding.Name)) return new("OfAGrant", $"{what} is the binding of an access that Lapse gave for a time. It ends by itself.");
        if (KubernetesDefaults.Binding(binding.Namespace ?? "", binding.Name) is not null)
            return new("KubernetesOwn", $"{what} is one that Kubernetes itself makes, and makes again. Take subjects out of it that do not belong there, or give them a binding of their own first.");
        if (binding.Name.Length is 0 or > LongestName) return new("BindingUnreadable", $"{what} has a name that no API server gives.");
        if (!PlainText.IsLine(binding.Name) || binding.Subjects.Any(subject => !PlainText.IsLine(subject.Name)))
            return new("NotPlain", "The binding or one of its subjects has a name that cannot be shown as it is, so nobody can review it.");
        if (reviewed.Role is null) return new("RoleKind", $"{what} refers to a {binding.RoleRef.Kind}, which gives nothing.");
        if (binding.DeletedAt is not null) return new("GoingAlready", $"Somebody has deleted {what} already, and something still holds it up: {string.Join(", ", binding.Finalizers)}.");
        if (binding.Owners.Count > 0) return new("OwnedBinding", $"{what} belongs to {string.Join(", ", binding.Owners)}, whose controller would make it again. Change it there.");
        if (binding.Finalizers.Count > 0) return new("HeldBinding", $"Something holds up the deletion of {what}: {string.Join(", ", binding.Finalizers)}. Take that away first.");
        if (binding.Subjects.Count == 0) return new("NobodyNamed", $"{what} names nobody, so there is no access to turn into anything. Delete it.");
        if (CanonicalJson.Serialize(ReviewedBinding.ManifestOf(binding)).Length > LongestManifest) return new("ManifestTooLong", $"{what} is longer than {LongestManifest / 1024} KiB, which nobody can review.");
        return binding.Subjects.Select(subject => Check(what, subject, own)).FirstOrDefault(refusal => refusal is not null);
    }

    /// <summary>Why it is not known which object in a cluster it is; <see langword="null"/> if it is.</summary>
    public static Refusal? CheckObject(ReviewedBinding reviewed) =>
        reviewed.Binding.Uid.Length == 0 || reviewed.Binding.ResourceVersion.Length == 0 ? new("BindingUnreadable", $"The cluster says of {reviewed.Reference} what no API server says.") : null;

    /// <summary>Why these bindings do not become one entry; <see langword="null"/> if they do.</summary>
    public static Refusal? CheckTogether(IReadOnlyList<ReviewedBinding> bindings)
    {
        ArgumentNullException.ThrowIfNull(bindings);
        if (bindings.Count == 0) return new("NoBinding", "Choose a binding.");
        if (bindings.Count > JustInTimeChange.MostBindings) return TooMany;
        if (bindings.Select(one => one.Role).Distinct().Count() > 1) return new("DifferentRoles", "These bindings give different roles, and an entry offers one. Make them just-in-time one after the other.");
        if (bindings.Select(one => one.Binding.Namespace is null).Distinct().Count() > 1) return new("DifferentPlaces", "Some of these bindings are for the whole cluster and some for a namespace. Make them just-in-time one after the other.");
        return bindings.Select(one => one.Reference).Distinct(StringComparer.Ordinal).Count() < bindings.Count ? new("BindingTwice", "A binding is named twice.") : null;
    }

    private static Refusal? Check(string what, BindingSubject subject, IReadOnlyCollection<string> own)
    {
        // A user name may be that of a ServiceAccount.
        var meant = new ReviewedBinding(new BindingObject { Name = "x", RoleRef = new("", "", ""), Subjects = [subject] }).ToState().Subjects[0].Means("");
        var account = subject.Kind == "ServiceAccount" ? $"{subject.Namespace}/{subject.Name}" : meant is { Kind: Rbac.State.SubjectKind.ServiceAccount } named ? $"{named.Namespace}/{named.Name}" : null;
        var user = meant?.UserName ?? subject.Name;
        if (own.Contains(subject.Name, StringComparer.Ordinal) || own.Contains(user, StringComparer.Ordinal)) return new("OwnAccount", $"{what} is how Lapse itself gets its rights here. Without it Lapse could end no access any more.");
        if (account is not null)
            return new("ServiceAccountSubject", $"{what} names the service account {account}, and a program cannot ask in a browser. Give it the smallest role for what it does, or take it out of this binding first.");
        if (subject.Kind is not ("User" or "Group")) return new("SubjectKind", $"{what} names a {subject.Kind}, which is nobody.");
        if (ClusterGroups.IsReserved(subject.Name))
            return new("ReservedSubject", $"{what} names {subject.Name}, which belongs to Kubernetes or to Lapse itself. Nobody signs in by that name; take it out of the binding first.");
        return null;
    }
}
