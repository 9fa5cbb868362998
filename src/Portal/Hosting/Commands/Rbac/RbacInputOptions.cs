using System.CommandLine;
using System.CommandLine.Parsing;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>The options by which a verb gets its input: manifests, or a cluster as it is now.</summary>
/// <param name="needs">What the verb's question needs of a cluster.</param>
/// <param name="withDefaults">Whether what every cluster has can be added to manifests; the audit knows it anyway.</param>
/// <param name="clusters">Whether a cluster can be read instead of manifests.</param>
internal sealed class RbacInputOptions(RbacNeeds needs, bool withDefaults = true, bool clusters = true)
{
    private readonly Option<string?> _manifests = new("--manifests") { Description = "A folder (with all below it), a file, or - for standard input: YAML, JSON, or what kubectl get … -o json prints." };
    private readonly Option<FileInfo?> _kubeconfig = new("--kubeconfig") { Description = "Read the cluster of this kubeconfig as it is now, with what the kubeconfig may read there." };
    private readonly Option<string?> _context = new("--context") { Description = "The context of --kubeconfig; its current one if left out." };
    private readonly Option<string?> _cluster = new("--cluster") { Description = "Read a cluster that is registered in Lapse as it is now, with Lapse's own rights there (needs ConnectionStrings:Portal and Lapse:Keys)." };
    private readonly Option<string> _namespace = new("--default-namespace") { Description = "The namespace of objects in manifests that do not name theirs.", DefaultValueFactory = _ => "default" };
    private readonly Option<bool> _withDefaults = new("--with-defaults") { Description = "Add to the manifests the roles and bindings that every cluster has by itself (cluster-admin, view, …) where they lack them." };
    private readonly Option<bool> _allowUnread = new("--allow-unread") { Description = "Do not end with 3 where part of the input could not be read; it is listed all the same." };

    public void AddTo(Command command)
    {
        foreach (var option in clusters ? (Option[])[_manifests, _kubeconfig, _context, _cluster, _namespace] : [_manifests, _namespace]) command.Add(option);
        if (withDefaults) command.Add(_withDefaults);
        command.Add(_allowUnread);
        _manifests.Required = !clusters;
        if (!clusters) return;
        command.Validators.Add(result =>
        {
            var given = ((Option[])[_manifests, _kubeconfig, _cluster]).Count(option => IsGiven(result, option));
            if (given != 1) result.AddError("One of --manifests, --kubeconfig and --cluster is needed.");
            if (IsGiven(result, _context) && !IsGiven(result, _kubeconfig)) result.AddError("--context goes with --kubeconfig.");
            if (withDefaults && result.GetValue(_withDefaults) && !IsGiven(result, _manifests)) result.AddError("--with-defaults goes with --manifests: what a cluster has is read from it.");
        });
    }

    /// <summary>Reads the input; <see langword="null"/> after it was said why that cannot be.</summary>
    public async Task<RbacInput?> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var allowUnread = parsed.GetValue(_allowUnread);
        if (!clusters) return OfManifests(parsed, parsed.GetRequiredValue(_manifests)!, allowUnread);
        if (parsed.GetValue(_kubeconfig) is { } kubeconfig) return await RbacClusterInput.OfKubeconfigAsync(kubeconfig, parsed.GetValue(_context), needs, allowUnread, cancellation);
        if (parsed.GetValue(_cluster) is { } cluster) return await RbacClusterInput.OfRegisteredAsync(cluster, needs, allowUnread, cancellation);
        return OfManifests(parsed, parsed.GetRequiredValue(_manifests)!, allowUnread);
    }

    private RbacInput? OfManifests(ParseResult parsed, string path, bool allowUnread)
    {
        using var input = path == ManifestReader.StandardInput ? System.Console.OpenStandardInput() : null;
        var read = ManifestReader.Read(path, parsed.GetRequiredValue(_namespace), input);
        if (!read.Succeeded)
        {
            Console.Refuse(TextTable.Shown(read.Refusal!.Message));
            return null;
        }

        var reading = read.Value;
        if (reading.IsEmpty)
        {
            foreach (var gap in reading.State.Gaps) System.Console.Error.WriteLine(TextTable.Shown($"{gap.What}: {gap.Why}"));
            Console.Refuse(TextTable.Shown($"There is nothing of Kubernetes to read in {path}."));
            return null;
        }

        var completed = withDefaults && parsed.GetValue(_withDefaults);
        return new RbacInput(new RbacIndex(completed ? KubernetesDefaults.Completed(reading.State) : reading.State), reading.State.Gaps, allowUnread)
        {
            Manifests = reading,
            Notes = completed ? [.. reading.Notes, "What Kubernetes itself brings was added as its versions have it together; a cluster of one version may have a little less."] : reading.Notes,
            Objects = reading.Objects,
        };
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
