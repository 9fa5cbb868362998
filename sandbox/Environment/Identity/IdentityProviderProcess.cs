using System.Globalization;

namespace Lapse.Sandbox;

/// <summary>The sandbox's OpenID provider, running as a process that ends with this one.</summary>
public sealed class IdentityProviderProcess : IAsyncDisposable
{
    private const string Assembly = "lapse-sandbox-provider.dll";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private readonly ChildProcess _process;
    private readonly Lock _people = new();

    private IdentityProviderProcess(ChildProcess process, IdentityProviderOptions options)
    {
        _process = process;
        Options = options;
    }

    /// <summary>What it runs with, each port and the people file filled in: starting with them again is a restart.</summary>
    public IdentityProviderOptions Options { get; }

    /// <summary>The address for browsers and the portal, with a trailing slash.</summary>
    public Uri Address => new($"http://localhost:{Options.HttpPort}/");

    /// <summary>The issuer in its tokens and the address for API servers, with a trailing slash.</summary>
    public Uri Issuer => new($"https://localhost:{Options.HttpsPort}/");

    /// <summary>The PEM file of the authority that signed its https certificate.</summary>
    public string AuthorityFile => Path.Combine(Options.Folder, "provider-ca.pem");

    /// <summary>The file of its people, which it follows.</summary>
    public string PeopleFile => Options.PeopleFile!;

    /// <summary>Starts it and waits until it answers.</summary>
    /// <exception cref="SandboxException">It is not built, or does not start; the message says why.</exception>
    public static async Task<IdentityProviderProcess> StartAsync(IdentityProviderOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        Directory.CreateDirectory(options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var filled = options with
        {
            Folder = Path.GetFullPath(options.Folder),
            HttpPort = options.HttpPort ?? Ports.Free(),
            HttpsPort = options.HttpsPort ?? Ports.Free(),
            PeopleFile = Path.GetFullPath(options.PeopleFile ?? Path.Combine(options.Folder, "people.json")),
        };
        if (options.PeopleFile is null)
            SandboxPeople.Write(filled.PeopleFile, options.People);

        // Its own line, not just any answer on the port: that could come from a provider that is there already.
        var ready = new TaskCompletionSource();
        var process = ChildProcess.Start(new ChildOptions
        {
            Name = "The OpenID provider",
            FileName = "dotnet",
            Arguments = [AssemblyFile()],
            Environment = Environment(filled),
            LogFile = Path.Combine(filled.Folder, "provider.log"),
            OnLine = line => _ = line.StartsWith("provider ready ", StringComparison.Ordinal) && ready.TrySetResult(),
        });
        var provider = new IdentityProviderProcess(process, filled);
        try
        {
            await process.WaitUntilReadyAsync(_ => Task.FromResult(ready.Task.IsCompleted), StartTimeout, cancellationToken);
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }

        return provider;
    }

    /// <summary>Adds people, or replaces those with the same user name. The provider sees them at its next request.</summary>
    public void Put(params IReadOnlyCollection<SandboxPerson> people)
    {
        lock (_people)
        {
            var others = SandboxPeople.Read(PeopleFile)
                .Where(old => !people.Any(p => string.Equals(p.UserName, old.UserName, StringComparison.OrdinalIgnoreCase)));
            SandboxPeople.Write(PeopleFile, [.. others, .. people]);
        }
    }

    /// <summary>The person with this user name, as the people file says at this moment.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public SandboxPerson Person(string userName)
    {
        lock (_people)
            return SandboxPeople.Read(PeopleFile).First(p => string.Equals(p.UserName, userName, StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static Dictionary<string, string?> Environment(IdentityProviderOptions options) => new()
    {
        ["Provider__HttpPort"] = options.HttpPort?.ToString(CultureInfo.InvariantCulture),
        ["Provider__HttpsPort"] = options.HttpsPort?.ToString(CultureInfo.InvariantCulture),
        ["Provider__Data"] = options.Folder,
        ["Provider__People"] = options.PeopleFile,
        ["Provider__PortalUrls"] = string.Join(';', options.PortalUrls),
        ["Provider__ClientSecret"] = options.ClientSecret,

        // The child process ends with this one by itself; standard input is closed from the start.
        ["Provider__ExitWithParent"] = "false",

        // What the caller's own web server is told must not reach this one.
        ["ASPNETCORE_URLS"] = null,
        ["ASPNETCORE_HTTP_PORTS"] = null,
        ["ASPNETCORE_HTTPS_PORTS"] = null,
    };

    /// <summary>The provider as it was built in this checkout, in the configuration of the running program if it is there.</summary>
    /// <exception cref="SandboxException">There is no checkout around the running program, or it is not built.</exception>
    public static string AssemblyFile() => Checkout.Built("sandbox/IdentityProvider", Assembly);
}
