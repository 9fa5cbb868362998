using System.Text;
using System.Text.Json;
using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Access;

/// <summary>The one binding that carries a grant, in full. Everything in it is signed (<see cref="BindingSignature"/>).</summary>
public sealed record BindingSpec
{
    /// <summary>The longest ticket that is written into a cluster, in characters.</summary>
    public const int LongestTicket = 200;

    /// <summary>How <see cref="NotAfter"/> is written.</summary>
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private readonly DateTimeOffset _notAfter;
    private readonly string _user = "";
    private readonly string _probe = "";
    private readonly string _ticket = "";

    /// <summary>The grant.</summary>
    public required GrantId GrantId { get; init; }

    /// <summary>The access request that led to it.</summary>
    public required AccessRequestId RequestId { get; init; }

    /// <summary>The cluster's name in Lapse.</summary>
    public required string Cluster { get; init; }

    /// <summary>The namespace; <see langword="null"/> for the whole cluster.</summary>
    public string? Namespace { get; init; }

    /// <summary>The role.</summary>
    public required RoleReference Role { get; init; }

    /// <summary>The person's user name in this cluster (<see cref="ClusterUserName"/>).</summary>
    /// <exception cref="ArgumentException">It is a name that no person may have.</exception>
    public required string User
    {
        get => _user;
        init => _user = ClusterUserName.Check(value) is { } refusal ? throw new ArgumentException(refusal.Message, nameof(User)) : value;
    }

    /// <summary>The probe's user name (<see cref="BindingProbe"/>).</summary>
    /// <exception cref="ArgumentException">It is not a probe's.</exception>
    public required string Probe
    {
        get => _probe;
        init => _probe = BindingProbe.IsProbe(value) ? value : throw new ArgumentException($"A probe is called {BindingProbe.Prefix}….", nameof(Probe));
    }

    /// <summary>When this binding must be gone at the latest; cut to whole seconds in UTC, towards the earlier.</summary>
    public required DateTimeOffset NotAfter
    {
        get => _notAfter;
        init => _notAfter = DateTimeOffset.FromUnixTimeSeconds(value.ToUnixTimeSeconds());
    }

    /// <summary>The user names of those who approved, in the order of their decisions; empty where a rule decided.</summary>
    public required IReadOnlyList<string> Approvers { get; init; }

    /// <summary>The ticket; control characters become spaces, and it is cut to <see cref="LongestTicket"/>.</summary>
    public string Ticket
    {
        get => _ticket;
        init => _ticket = Clean(value);
    }

    /// <summary>The binding's name.</summary>
    public string Name => BindingKeys.NameOf(GrantId);

    /// <summary>The object to create.</summary>
    /// <param name="signature">The signature over this spec.</param>
    public BindingObject ToObject(string signature) => new()
    {
        Name = Name,
        Namespace = Namespace,
        Labels = new Dictionary<string, string>
        {
            [BindingKeys.ManagedBy] = BindingKeys.ManagedByLapse,
            [BindingKeys.Grant] = GrantId.ToString(),
        },
        Annotations = new Dictionary<string, string>
        {
            [BindingKeys.Grant] = GrantId.ToString(),
            [BindingKeys.Request] = RequestId.ToString(),
            [BindingKeys.Cluster] = Cluster,
            [BindingKeys.Person] = User,
            [BindingKeys.Probe] = Probe,
            [BindingKeys.Role] = Role.ToString(),
            [BindingKeys.Namespace] = Namespace ?? BindingKeys.ClusterWide,
            [BindingKeys.NotAfter] = NotAfter.ToString(TimeFormat, System.Globalization.CultureInfo.InvariantCulture),
            [BindingKeys.Approvers] = JsonSerializer.Serialize(Approvers),
            [BindingKeys.Ticket] = Ticket,
            [BindingKeys.Signature] = signature,
        },
        RoleRef = new(BindingKeys.RbacGroup, Role.Kind.ToString(), Role.Name),
        Subjects = [BindingSubject.User(User), BindingSubject.User(Probe)],
    };

    private static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, LongestTicket));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > LongestTicket) break;
            if (Rune.IsControl(rune)) clean.Append(' ');
            else clean.Append(rune);
        }
        return clean.ToString().Trim();
    }
}
