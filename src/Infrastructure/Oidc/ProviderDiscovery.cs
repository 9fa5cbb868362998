using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Infrastructure.Oidc;

/// <summary>
/// The provider's metadata and current keys. Unlike the library's own manager, which refreshes in the background, a refresh that
/// was asked for is over when the next call returns: a token signed with a new key is verified at once, not at the second attempt.
/// A provider that hangs is waited for once by all who came meanwhile, not by each after the other.
/// </summary>
public sealed partial class ProviderDiscovery : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    // A key that the provider took away verifies for as long at most.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan RefreshAtMostEvery = TimeSpan.FromSeconds(30);

    private readonly ProviderOptions _options;
    private readonly HttpDocumentRetriever _documents;
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly ILogger<ProviderDiscovery> _log;
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile OpenIdConnectConfiguration? _current;
    private DateTimeOffset _readAt = DateTimeOffset.MinValue;
    private volatile bool _refreshWanted;
    private volatile int _failures;
    private volatile Exception? _failure;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="options">Where the provider is.</param>
    /// <param name="sandbox">Whether http is allowed.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">The log.</param>
    public ProviderDiscovery(ProviderOptions options, bool sandbox, TimeProvider clock, ILogger<ProviderDiscovery> log)
    {
        (_options, _clock, _log) = (options, clock, log);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = 1024 * 1024,
        };
        _documents = new HttpDocumentRetriever(_http) { RequireHttps = !sandbox };
    }

    /// <summary>The newest configuration that was read; <see langword="null"/> before the first.</summary>
    public OpenIdConnectConfiguration? Current => _current;

    /// <summary>The configuration, read anew when it is old or a refresh was asked for. An old one is given while the provider is down.</summary>
    /// <exception cref="InvalidOperationException">The provider is not reachable, or not the one that was configured.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (IsFresh) return _current!;
        var failures = _failures;
        await _one.WaitAsync(cancel);
        try
        {
            if (IsFresh) return _current!;
            if (_failures != failures) throw new InvalidOperationException("The identity provider does not answer.", _failure);
            var address = _options.Authority.TrimEnd('/') + "/.well-known/openid-configuration";
            var read = await OpenIdConnectConfigurationRetriever.GetAsync(address, _documents, cancel);
            RequireIssuer(read.Issuer);
            (_current, _readAt, _refreshWanted) = (read, _clock.GetUtcNow(), false);
            return read;
        }
        catch (Exception failed) when (_current is null && !cancel.IsCancellationRequested && _failures == failures)
        {
            _failure = failed;
            _failures++;
            throw;
        }
        catch (Exception failed) when (_current is not null && !cancel.IsCancellationRequested)
        {
            LogStale(failed);
            (_readAt, _refreshWanted) = (_clock.GetUtcNow(), false);
            return _current;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Makes the next call read anew, at most every 30 seconds, so that tokens with made-up keys cannot be used to flood the provider.</summary>
    public void RequestRefresh()
    {
        if (_clock.GetUtcNow() - _readAt >= RefreshAtMostEvery) _refreshWanted = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _one.Dispose();
    }

    private bool IsFresh => _current is not null && !_refreshWanted && _clock.GetUtcNow() - _readAt < Lifetime;

    // OpenID Connect Discovery 1.0, section 4.3: the issuer must be the address that was asked. The sandbox's provider is asked
    // over http for an https issuer, so that no browser shows a certificate warning.
    private void RequireIssuer(string issuer)
    {
        if (_options.Profile == ProviderProfile.Sandbox && _options.Issuer is null) return;
        var expected = _options.Issuer ?? _options.Authority;
        if (!string.Equals(issuer.TrimEnd('/'), expected.TrimEnd('/'), StringComparison.Ordinal))
            throw new InvalidOperationException($"The provider says that its issuer is “{issuer}”, but “{expected}” is configured. Set Lapse:Provider:Issuer if that is right.");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity provider's configuration could not be read anew; the old one stays in use")]
    private partial void LogStale(Exception failed);
}
