using System.Security.Cryptography;
using System.Text;

namespace Lapse.Domain.Rbac.Snapshots;

/// <summary>What one object said from one snapshot until another: only what changed is a new row.</summary>
public sealed class RbacObjectVersion
{
    /// <summary>Its row.</summary>
    public long Id { get; init; }

    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>The kind of the API.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// SHA-256 over kind, namespace and name. The names themselves are in the content alone: the API server lets the name of a
    /// role be as long, and of such characters, as no index of PostgreSQL takes.
    /// </summary>
    public required byte[] Key { get; init; }

    /// <summary>The UID: an object that was deleted and made anew is another one.</summary>
    public required string Uid { get; init; }

    /// <summary>When it was made, by the API server.</summary>
    public required DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Its content (<see cref="RbacContent"/>).</summary>
    public required byte[] Digest { get; init; }

    /// <summary>The number of the first snapshot that has it so.</summary>
    public required int Since { get; init; }

    /// <summary>The number of the first snapshot that has it so no more; <see langword="null"/> while it stands.</summary>
    public int? Until { get; set; }

    /// <summary><see cref="Key"/> of an object.</summary>
    public static byte[] KeyOf(string kind, string namespaceName, string name) => SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{namespaceName}\n{name}"));
}

/// <summary>What objects say, each content once for all clusters, under the SHA-256 of its canonical JSON. Never changed.</summary>
public sealed class RbacContent
{
    /// <summary>SHA-256 of <see cref="Json"/> as UTF-8.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>Canonical JSON (RFC 8785), as text so that it stays exactly that.</summary>
    public required string Json { get; init; }
}
