using System.Net;

namespace Lapse.Sandbox;

/// <summary>
/// A browser without a screen at the sandbox's provider: keeps cookies, follows redirects as long as they stay there, and
/// fills in the sign-in forms as a person does.
/// </summary>
public sealed class ProviderBrowser : IDisposable
{
    private const int MostRedirects = 10;
    private readonly HttpClient _http;
    private readonly Uri _provider;

    /// <summary>Opens a browser that has never been at the provider.</summary>
    /// <param name="provider">The provider's address for browsers.</param>
    public ProviderBrowser(Uri provider)
    {
        _provider = provider;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
    }

    /// <summary>Opens an address of the provider and follows it until there is a page, or the way leads out of the provider.</summary>
    public Task<ProviderPage> OpenAsync(Uri address, CancellationToken cancellationToken) =>
        FollowAsync(address, new HttpRequestMessage(HttpMethod.Get, address), cancellationToken);

    /// <summary>Answers the password page.</summary>
    public Task<ProviderPage> PasswordAsync(ProviderPage page, string userName, string password, CancellationToken cancellationToken) =>
        PostAsync("/sign-in", page, new() { ["UserName"] = userName, ["Password"] = password }, cancellationToken);

    /// <summary>Answers the page that asks for a one-time code.</summary>
    public Task<ProviderPage> CodeAsync(ProviderPage page, string code, CancellationToken cancellationToken) =>
        PostAsync("/sign-in/code", page, new() { ["Code"] = code }, cancellationToken);

    /// <summary>Presses <c>Cancel</c>.</summary>
    public Task<ProviderPage> CancelAsync(ProviderPage page, CancellationToken cancellationToken) =>
        PostAsync("/sign-in/cancel", page, [], cancellationToken);

    /// <summary>Goes to an authorization address and does what the provider asks, until it sends the browser back.</summary>
    /// <param name="authorize">The address of the authorization request, made by this sandbox or by the portal.</param>
    /// <param name="person">Who signs in, if the provider asks.</param>
    /// <param name="cancellationToken">Ends it; a used one-time code can cost half a minute.</param>
    /// <returns>The client's callback address with a code or an error in it.</returns>
    /// <exception cref="SandboxException">The provider shows a page that leads no further.</exception>
    public async Task<Uri> SignInAsync(Uri authorize, SandboxPerson person, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(person);
        var page = await OpenAsync(authorize, cancellationToken);
        if (page.AsksPassword)
            page = await PasswordAsync(page, person.UserName, person.Password, cancellationToken);

        // The code may have been used by somebody else with the same secret, another process for instance.
        for (var tries = 0; page.AsksCode && tries < 3; tries++)
            page = await CodeAsync(page, await AuthenticatorApp.NextCodeAsync(person.Totp!, cancellationToken), cancellationToken);
        return page.IsAway
            ? page.Address
            : throw new SandboxException($"The sign-in of {person.UserName} ended at {page.Address.AbsolutePath} ({(int)page.Status}): {page.Error}");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Task<ProviderPage> PostAsync(
        string path, ProviderPage page, Dictionary<string, string> fields, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in page.HiddenFields)
            fields[name] = value;
        var address = new Uri(_provider, path);
        return FollowAsync(address, new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(fields) }, cancellationToken);
    }

    private async Task<ProviderPage> FollowAsync(Uri address, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MostRedirects; i++)
        {
            using var sent = request;
            using var response = await _http.SendAsync(sent, cancellationToken);
            if (response.Headers.Location is not { } location)
                return new ProviderPage(address, response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
            address = new Uri(address, location);
            if (address.GetLeftPart(UriPartial.Authority) != _provider.GetLeftPart(UriPartial.Authority))
                return new ProviderPage(address, HttpStatusCode.Found, "");
            request = new HttpRequestMessage(HttpMethod.Get, address);
        }

        throw new SandboxException($"The provider sends the browser in circles, last to {address.AbsolutePath}.");
    }
}
