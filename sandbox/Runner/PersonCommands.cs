using System.CommandLine;
using k8s;

namespace Lapse.Sandbox.Runner;

/// <summary><c>token</c> and <c>kubeconfig</c>: what one of the sandbox's people needs for <c>kubectl</c>, while it runs.</summary>
internal static class PersonCommands
{
    public static Command Token()
    {
        var (user, mfa) = (User(), Mfa());
        var command = new Command("token", "Prints a fresh id_token that the sandbox's cluster accepts for that person.") { user, mfa };
        command.SetAction(async (parsed, cancellationToken) =>
            Console.WriteLine(await TokenAsync(parsed.GetRequiredValue(user), parsed.GetValue(mfa), cancellationToken)));
        return command;
    }

    public static Command KubeconfigFile()
    {
        var (user, mfa) = (User(), Mfa());
        var command = new Command("kubeconfig", "Writes a kubeconfig with a fresh token of that person, and prints where it is.") { user, mfa };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = Settings.FromEnvironment();
            var name = parsed.GetRequiredValue(user);
            var administrator = Environment.GetEnvironmentVariable(ControlPlane.Variable) is { Length: > 0 } given
                ? given
                : Path.Combine(settings.ClusterFolder, "kubeconfig");
            if (!File.Exists(administrator))
                throw new SandboxException($"There is no cluster yet ({administrator}); wait for `cluster ready` of ./run.sh.");
            var cluster = await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(administrator));
            var authority = Path.Combine(settings.Data, "cluster-ca.pem");
            await File.WriteAllTextAsync(
                authority, string.Concat(cluster.SslCaCerts.Select(ca => ca.ExportCertificatePem() + "\n")), cancellationToken);
            var file = Path.Combine(settings.Data, $"kubeconfig-{name}");
            Kubeconfig.WriteToken(file, new Uri(cluster.Host), authority, name, await TokenAsync(name, parsed.GetValue(mfa), cancellationToken));
            Console.WriteLine(file);
        });
        return command;
    }

    private static Argument<string> User() => new("user") { Description = "The user name, such as alice." };

    private static Option<bool> Mfa() => new("--mfa") { Description = "Sign in with a one-time code too." };

    private static async Task<string> TokenAsync(string userName, bool mfa, CancellationToken cancellationToken)
    {
        var settings = Settings.FromEnvironment();
        if (!File.Exists(settings.PeopleFile))
            throw new SandboxException("The sandbox does not run; start it with ./run.sh first.");
        var person = SandboxPeople.Read(settings.PeopleFile).FirstOrDefault(someone => someone.UserName == userName)
            ?? throw new SandboxException($"Nobody in {settings.PeopleFile} is called {userName}.");
        using var client = new ProviderClient(settings.Provider, _ => person);
        try
        {
            return await client.IdTokenAsync(userName, mfa, cancellationToken: cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new SandboxException($"The provider does not answer at {settings.Provider} ({e.Message}); start it with ./run.sh.", e);
        }
    }
}
