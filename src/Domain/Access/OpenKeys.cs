using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Access;

/// <summary>
/// The keys that keep a person from asking twice for the same. A request holds one while it waits or has a live grant, and a
/// unique index lets no two hold the same.
/// <para>
/// A plain request holds the key of what it asks for. An extension holds the key of the request that it extends, so that each
/// request is extended once at a time, while the earlier one still holds its own. When the earlier one closes, its extension
/// takes its key over in the same transaction. So as long as anything is open in such a chain, one of it holds the key of what
/// is asked for, and a plain request for the same is refused.
/// </para>
/// </summary>
public static class OpenKeys
{
    /// <summary>What makes two requests identical: person, cluster, role and namespaces. A digest, since 50 namespaces do not fit into an index of PostgreSQL.</summary>
    public static string Of(PersonId person, ClusterId cluster, RoleReference role, IEnumerable<string> namespaces) =>
        Digest($"{person}|{cluster}|{role}|{string.Join(',', namespaces.Order(StringComparer.Ordinal))}");

    /// <summary>The key of a request's extension.</summary>
    public static string OfExtension(AccessRequestId extended) => Digest($"extension|{extended}");

    /// <summary>The key that a request takes when it is submitted.</summary>
    public static string Of(AccessRequest request) =>
        request.ExtendsId is { } extended ? OfExtension(extended) : Of(request.RequesterId, request.ClusterId, request.Role, request.Namespaces);

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
