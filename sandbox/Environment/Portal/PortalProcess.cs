using System.Globalization;

namespace Lapse.Sandbox;

/// <summary>The portal as it was built in this checkout: its verbs, and <c>serve</c> as a process that ends with this one.</summary>
public sealed class PortalProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private PortalProcess(ChildProcess process, PortalOptions options)
    {
        _process = process;
        Options = options;
    }

    /// <summary>What it runs with, the port filled in: starting with them again is a restart.</summary>
    public PortalOptions Options { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its address, with a trailing slash.</summary>
    public Uri Address => AddressOf(Options);

    /// <summary>Starts <c>serve</c> and waits until it answers. <c>migrate</c> has to have been run.</summary>
    /// <exception cref="SandboxException">It is not built, or does not start; the message says why.</exception>
    public static async Task<PortalProcess> StartAsync(PortalOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var filled = options with { Folder = Path.GetFullPath(options.Folder), Port = options.Port ?? Ports.Free() };
        Directory.CreateDirectory(filled.Folder);
        var process = ChildProcess.Start(new ChildOptions
        {
            Name = "The portal",
            FileName = "dotnet",
            Arguments = [Assembly, "serve"],
            Environment = Environment(filled),
            LogFile = Path.Combine(filled.Folder, "portal.log"),
        });
        try
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            var live = new Uri(AddressOf(filled), "health/live");
            await process.WaitUntilReadyAsync(async token =>
            {
                using var answer = await http.GetAsync(live, token);
                return answer.IsSuccessStatusCode;
            }, TimeSpan.FromSeconds(90), cancellationToken);
            return new PortalProcess(process, filled);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one of the portal's verbs to its end.</summary>
    /// <param name="options">The same as for <see cref="StartAsync"/>.</param>
    /// <param name="arguments">Such as <c>migrate</c>, or <c>apply --file FILE</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it printed on standard output.</returns>
    /// <exception cref="SandboxException">It failed; with what it said.</exception>
    public static async Task<string> RunAsync(PortalOptions options, string[] arguments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(arguments);
        var result = await Tool.TryAsync("dotnet", [Assembly, .. arguments], cancellationToken, environment: Environment(options));
        return result.ExitCode == 0
            ? result.Output
            : throw new SandboxException($"lapse {arguments[0]} failed (exit code {result.ExitCode}): {result.Errors.Trim()} {result.Output.Trim()}");
    }

    /// <summary>Writes what the portal's verbs need as a file that a shell can source. It has passwords, so only its owner can read it.</summary>
    /// <param name="options">The same as for <see cref="StartAsync"/>.</param>
    /// <param name="file">The file; replaced if it is there.</param>
    public static void WriteEnvironment(PortalOptions options, string file)
    {
        ArgumentNullException.ThrowIfNull(options);
        File.Delete(file);
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        foreach (var (name, value) in Environment(options))
        {
            if (value is not null)
                writer.Write($"export {name}='{value.Replace("'", @"'\''", StringComparison.Ordinal)}'\n");
        }
    }

    /// <summary>Ends when the portal ends by itself.</summary>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Assembly => Checkout.Built(Path.Combine("src", "Portal"), "lapse.dll");

    private static Uri AddressOf(PortalOptions options) =>
        new(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{options.Port ?? 5080}/"));

    private static Dictionary<string, string?> Environment(PortalOptions options)
    {
        var address = AddressOf(options).GetLeftPart(UriPartial.Authority);
        var variables = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = address,
            ["ASPNETCORE_HTTP_PORTS"] = null,
            ["ASPNETCORE_HTTPS_PORTS"] = null,
            ["ConnectionStrings__Owner"] = options.OwnerConnection,
            ["ConnectionStrings__Portal"] = options.PortalConnection,
            ["Lapse__Mode"] = "Sandbox",
            ["Lapse__PublicUrl"] = address,
            ["Lapse__Keys"] = Path.Combine(Path.GetFullPath(options.Folder), "keys"),
            ["Lapse__Provider__Authority"] = options.Provider.GetLeftPart(UriPartial.Authority),
            ["Lapse__Provider__ClientId"] = "lapse",
            ["Lapse__Provider__ClientSecret"] = "lapse-sandbox",
            ["Lapse__Provider__Profile"] = "Sandbox",
            // Nobody routes to it who would have to learn that it goes.
            ["Lapse__LeaveNotice"] = "00:00:00",
            ["Lapse__ClusterStatusFile"] = options.ClusterStatusFile,
        };
        foreach (var (name, value) in options.Environment)
            variables[name] = value;
        return variables;
    }
}
