using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>One thing that the audit holds against a cluster.</summary>
public sealed record Finding
{
    /// <summary>What was looked for.</summary>
    public required Check Check { get; init; }

    /// <summary>How grave it is here: it depends on where it reaches.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Who has it; <see langword="null"/> where it is about an object alone.</summary>
    public Subject? Subject { get; init; }

    /// <summary>The role, as <see cref="RbacObject.Reference"/>; empty where none is involved.</summary>
    public string Role { get; init; } = "";

    /// <summary>The binding, as <see cref="RbacObject.Reference"/>; empty where none is involved.</summary>
    public string Binding { get; init; } = "";

    /// <summary>The namespace that it reaches or is about; empty for the whole cluster.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Which rule of which role through which binding reaches which object, in words.</summary>
    public required string Evidence { get; init; }

    /// <summary>The rules that show it; empty where it is not about rules.</summary>
    public ImmutableArray<Allowance> Rules { get; init; } = [];

    /// <summary>What to do about it here.</summary>
    public required string Fix { get; init; }

    /// <summary>Why it is accepted without anybody's doing; empty for nearly all.</summary>
    public string AcceptedBecause { get; init; } = "";

    /// <summary>
    /// The same for the same finding in every scan, whatever the order of rules or the words: check, subject, role, binding
    /// and namespace. 32 hexadecimal digits.
    /// </summary>
    public string Fingerprint =>
        field ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Check.Id, Subject?.ToString(), Role, Binding, Namespace))).AsSpan(0, 16));
}
