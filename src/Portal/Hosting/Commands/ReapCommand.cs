using System.CommandLine;
using System.Security.Cryptography;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;

namespace Lapse.Portal.Hosting.Commands;

/// <summary>
/// <c>lapse reap</c>: deletes what outlived its time in a cluster, with neither portal nor database. Runs as a CronJob there;
/// exit code 1 says that something is left or could not be judged.
/// </summary>
internal static class ReapCommand
{
    public static Command Create()
    {
        var keys = new Option<string>("--public-key") { Description = "The public binding key: a PEM file, or a folder of them while a key is being replaced.", Required = true };
        var maximum = new Option<TimeSpan>("--maximum-lifetime") { Description = "The longest that any binding may live, [days.]hours:minutes:seconds.", DefaultValueFactory = _ => new TimeSpan(1, 0, 2, 0) };
        var kubeconfig = new Option<FileInfo?>("--kubeconfig") { Description = "How to reach the cluster; without it, the cluster that this pod runs in." };
        var loopback = new Option<bool>("--allow-loopback") { Description = "Allow an API server on this machine (the sandbox)." };
        var sign = new Option<bool>("--sign") { Description = $"Leave a sign of the run on the Lease {ReaperSign.Namespace}/{ReaperSign.Name}, which the portal watches." };
        var command = new Command("reap", "Delete Lapse's bindings that are past their end, with neither portal nor database.") { keys, maximum, kubeconfig, loopback, sign };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(keys), parsed.GetValue(maximum), parsed.GetValue(kubeconfig), parsed.GetValue(loopback), parsed.GetValue(sign), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string keyPath, TimeSpan maximum, FileInfo? kubeconfig, bool loopback, bool sign, CancellationToken cancellation)
    {
        IReadOnlyList<ECDsa> keys = [];
        try
        {
            keys = BindingKeyFiles.ReadPublic(keyPath);
            var address = kubeconfig is null ? InClusterAddress.Read() : KubeconfigReader.Read(await File.ReadAllTextAsync(kubeconfig.FullName, cancellation));
            if (!address.Succeeded) return Console.Refuse(address.Refusal!.Message);
            using var api = new ClusterApi(new ClusterConnection(address.Value, new OutboundOptions { AllowLoopback = loopback }), TimeProvider.System);
            var report = await new Reaper(api, keys, maximum).RunAsync(cancellation);
            var code = Print(report);
            if (!sign || await api.LeaveReaperSignAsync(report.IsClean, report.Words, report.Failure is null ? report.Now : null, cancellation) is not { } failure) return code;
            await System.Console.Error.WriteLineAsync($"The sign of this run could not be left: {failure.Message}");
            return Math.Max(code, 1);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or CryptographicException or ArgumentException)
        {
            return Console.Refuse(e.Message);
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }

    private static int Print(ReapReport report)
    {
        if (report.Failure is { } failure) return Console.Refuse($"The bindings could not be listed: {failure.Message}");
        foreach (var binding in report.Reaped)
            System.Console.WriteLine($"{binding.Verdict} {(binding.Namespace is null ? "" : binding.Namespace + "/")}{binding.Name}: {binding.Outcome}");
        System.Console.WriteLine(report.Words);
        return report.IsClean ? 0 : 1;
    }
}
