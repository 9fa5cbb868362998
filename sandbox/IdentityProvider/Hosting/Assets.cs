using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Lapse.Sandbox.IdentityProvider.Hosting;

/// <summary>Serves the stylesheet, the script and the icon, which are in the assembly.</summary>
public static class Assets
{
    private static readonly (string Name, string Type)[] Files =
    [
        ("provider.css", "text/css"),
        ("provider.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ];

    /// <summary>Adds them under <c>/assets</c>.</summary>
    public static void MapAssets(this IEndpointRouteBuilder app)
    {
        foreach (var (name, type) in Files)
        {
            using var stream = typeof(Assets).Assembly.GetManifestResourceStream(name)
                ?? throw new InvalidOperationException($"{name} is not in the assembly.");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexString(SHA256.HashData(bytes)[..8])}\"");
            app.MapGet("/assets/" + name, () => Results.Bytes(bytes, type, entityTag: tag));
        }
    }
}
