using System.Globalization;
using System.Text.Json;
using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Access;

/// <summary>Reads what a binding in a cluster says about itself.</summary>
public static class BindingReading
{
    /// <summary>
    /// The spec that a binding's annotations tell; <see langword="null"/> if one is missing or cannot be read.
    /// It is a claim and nothing more, until its signature is verified and the object compared with it.
    /// </summary>
    public static BindingSpec? Read(BindingObject binding)
    {
        var said = binding.Annotations;
        if (!said.TryGetValue(BindingKeys.Grant, out var grantText) || !UuidId.TryParse<GrantId>(grantText, out var grant)) return null;
        if (!said.TryGetValue(BindingKeys.Request, out var requestText) || !UuidId.TryParse<AccessRequestId>(requestText, out var request)) return null;
        if (!said.TryGetValue(BindingKeys.Person, out var person) || ClusterUserName.Check(person) is not null) return null;
        if (!said.TryGetValue(BindingKeys.Probe, out var probe) || !BindingProbe.IsProbe(probe)) return null;
        if (!said.TryGetValue(BindingKeys.Cluster, out var cluster)) return null;
        if (!said.TryGetValue(BindingKeys.Namespace, out var place) || place.Length == 0) return null;
        if (!said.TryGetValue(BindingKeys.Role, out var roleText) || ReadRole(roleText) is not { } role) return null;
        if (ReadNotAfter(binding) is not { } notAfter) return null;
        if (!said.TryGetValue(BindingKeys.Approvers, out var approversText) || ReadApprovers(approversText) is not { } approvers) return null;
        if (!said.TryGetValue(BindingKeys.Ticket, out var ticket)) return null;

        return new()
        {
            GrantId = grant,
            RequestId = request,
            Cluster = cluster,
            Namespace = place == BindingKeys.ClusterWide ? null : place,
            Role = role,
            User = person,
            Probe = probe,
            NotAfter = notAfter,
            Approvers = approvers,
            Ticket = ticket,
        };
    }

    /// <summary>The end that the binding names; <see langword="null"/> if it names none that can be read.</summary>
    public static DateTimeOffset? ReadNotAfter(BindingObject binding) =>
        binding.Annotations.TryGetValue(BindingKeys.NotAfter, out var text)
        && DateTimeOffset.TryParseExact(text, BindingSpec.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var notAfter)
            ? notAfter
            : null;

    private static RoleReference? ReadRole(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == text.Length - 1) return null;
        return text[..slash] switch
        {
            nameof(RoleKind.Role) => new(RoleKind.Role, text[(slash + 1)..]),
            nameof(RoleKind.ClusterRole) => new(RoleKind.ClusterRole, text[(slash + 1)..]),
            _ => null,
        };
    }

    private static List<string>? ReadApprovers(string text)
    {
        try
        {
            var approvers = JsonSerializer.Deserialize<List<string?>>(text);
            return approvers is null || approvers.Contains(null) ? null : [.. approvers.Select(approver => approver!)];
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
