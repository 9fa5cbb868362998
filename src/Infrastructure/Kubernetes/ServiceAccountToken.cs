using System.Buffers.Text;
using System.Text.Json;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What a ServiceAccount's token says about itself. Not verified: the token is Lapse's own, and only its API server can verify it.</summary>
/// <param name="Namespace">The ServiceAccount's namespace.</param>
/// <param name="Name">The ServiceAccount's name.</param>
/// <param name="ExpiresAt">When it expires; <see langword="null"/> for a token that never does.</param>
public sealed record ServiceAccountToken(string Namespace, string Name, DateTimeOffset? ExpiresAt)
{
    /// <summary>Reads the claims of a token; <see langword="null"/> if it is not one of a ServiceAccount.</summary>
    public static ServiceAccountToken? Read(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            // system:serviceaccount:<namespace>:<name>, k8s.io/apiserver, pkg/authentication/serviceaccount/util.go
            if (!claims.RootElement.TryGetProperty("sub", out var subject)
                || subject.GetString()?.Split(':') is not ["system", "serviceaccount", { Length: > 0 } place, { Length: > 0 } name]) return null;
            DateTimeOffset? expires = claims.RootElement.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
            return new(place, name, expires);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
