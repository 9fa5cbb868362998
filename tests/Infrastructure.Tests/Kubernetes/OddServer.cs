using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lapse.Infrastructure.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>An https server on loopback that answers as no API server does: what stands between Lapse and a cluster can be anything.</summary>
internal sealed class OddServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _certificate;

    private OddServer(WebApplication app, X509Certificate2 authority, X509Certificate2 certificate, Uri address)
    {
        (_app, _authority, _certificate) = (app, authority, certificate);
        Cluster = new(address, authority.ExportCertificatePem(), new ClusterCredential.Token("a-token"));
    }

    /// <summary>The server, trusted by its own authority, called with a token.</summary>
    public ClusterAddress Cluster { get; }

    /// <summary>Starts it.</summary>
    /// <param name="answer">How it answers.</param>
    /// <param name="certificateName">The name that its certificate is for; it is called as localhost.</param>
    public static async Task<OddServer> StartAsync(RequestDelegate answer, string certificateName = "localhost")
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=odd authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + certificateName, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(certificateName);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(50), [1, 2, 3]);
        using var withKey = signed.CopyWithPrivateKey(key);
        var certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        var port = new Uri(app.Urls.Single()).Port;
        return new(app, authority, certificate, new Uri($"https://localhost:{port}"));
    }

    /// <summary>Lapse's way in. The caller disposes it.</summary>
    public ClusterApi Connect(OutboundOptions? options = null) => new(new(Cluster, options ?? new OutboundOptions { AllowLoopback = true }), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
    }
}
