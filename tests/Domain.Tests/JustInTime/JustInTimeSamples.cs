using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>Standing bindings and people in a few words.</summary>
internal static class JustInTimeSamples
{
    /// <summary>A binding with users, groups (<c>group ops</c>) and service accounts (<c>account ci/bot</c>).</summary>
    public static ReviewedBinding Binding(string? place, string name, string role, params string[] subjects) => new(new BindingObject
    {
        Name = name,
        Namespace = place,
        RoleRef = new(BindingKeys.RbacGroup, role.Contains('/', StringComparison.Ordinal) ? "Role" : "ClusterRole", role.Split('/')[^1]),
        Subjects = [.. subjects.Select(Subject)],
        Uid = $"uid of {place}/{name}",
        ResourceVersion = "17",
    });

    public static KnownPerson Person(PersonId id, string name, params string[] groups) => new(id, name, $"oidc:{name}", groups, groups);

    public static BindingSubject Subject(string text) => text.Split(' ') switch
    {
        ["group", var name] => new("Group", BindingKeys.RbacGroup, name),
        ["account", var account] => new("ServiceAccount", "", account.Split('/')[1], account.Split('/')[0]),
        ["account-here", var account] => new("ServiceAccount", "", account),
        [var user] => BindingSubject.User(user),
        _ => throw new ArgumentException(text, nameof(text)),
    };
}
