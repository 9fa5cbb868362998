using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace Lapse.Portal.Features.Admin;

/// <summary>What an admin types about a cluster, and where a refusal is shown.</summary>
public sealed partial class ClusterFields
{
    private enum Way
    {
        Unchanged,
        Kubeconfig,
        Token,
        InCluster,
    }

    // What is typed travels in one message to the portal, which takes 32 KiB; longer files are uploaded in parts.
    private const int LongestTyped = 16_000;

    private static readonly FilterOption[] Environments = [.. Enum.GetNames<ClusterEnvironment>().Select(name => new FilterOption(name, name))];

    private ClusterFormView? _shown;
    private string _name = "", _title = "", _environment = "", _kubeconfig = "", _server = "", _authority = "", _token = "", _claim = "", _prefix = "", _groupsClaim = "", _groupsPrefix = "";
    private string? _file;
    private Way _way;
    private Refusal? _refusal;
    private Outcome<ClusterTest>? _test;

    /// <summary>What the form starts with.</summary>
    [Parameter, EditorRequired]
    public required ClusterFormView Cluster { get; set; }

    /// <summary>Writes the change down; says why not.</summary>
    [Parameter, EditorRequired]
    public required Func<ClusterForm, Task<Refusal?>> OnSave { get; set; }

    /// <summary>Tries what is typed; <see langword="null"/> after a failure that the page shows.</summary>
    [Parameter, EditorRequired]
    public required Func<ClusterAccess, Task<Outcome<ClusterTest>?>> OnTest { get; set; }

    private bool IsNew => Cluster.Id is null;

    private IEnumerable<(Way Way, string Words, string Note)> Ways
    {
        get
        {
            if (!IsNew) yield return (Way.Unchanged, "As it is", $"({Cluster.Server}, {ClusterWords.Credential(Cluster.Credential!.Value)})");
            yield return (Way.Kubeconfig, "A kubeconfig", "");
            yield return (Way.Token, "Address, certificate authority and token", "");
            if (Cluster.CanBeInCluster) yield return (Way.InCluster, "The cluster that Lapse runs in", "(with its pod's ServiceAccount)");
        }
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page may read again while somebody types; only another cluster starts the form anew.
        if (_shown is not null && _shown.Id == Cluster.Id) return;
        _shown = Cluster;
        (_name, _title, _environment, _claim, _prefix) = (Cluster.Name, Cluster.Title, Cluster.Environment.ToString(), Cluster.UserNameClaim, Cluster.UserNamePrefix);
        (_groupsClaim, _groupsPrefix) = (Cluster.GroupsClaim, Cluster.GroupsPrefix);
        (_server, _authority, _way) = (Cluster.Server, Cluster.CertificateAuthority, IsNew ? Way.Kubeconfig : Way.Unchanged);
    }

    private ClusterAccess Access => _way switch
    {
        Way.Unchanged => new ClusterAccess.Unchanged(),
        Way.Kubeconfig => new ClusterAccess.Kubeconfig(_kubeconfig),
        Way.Token => new ClusterAccess.Token(_server.Trim(), _authority.Trim(), _token.Trim()),
        Way.InCluster => new ClusterAccess.InCluster(),
    };

    private string? FieldOf(Refusal refusal) => refusal.Code switch
    {
        "ClusterName" or "ClusterNameTaken" => "Name",
        "TitleLength" => "Title",
        "UserNameClaim" => "Claim",
        "UserNamePrefix" or "UserNamePrefixReserved" => "Prefix",
        "GroupsClaim" => "GroupsClaim",
        "GroupsPrefix" or "GroupsPrefixReserved" => "GroupsPrefix",
        // Of a kubeconfig everything is wrong in the one field.
        var code when _way == Way.Kubeconfig && (code.StartsWith("Kubeconfig", StringComparison.Ordinal) || code is "ServerAddress" or "ServerNotHttps" or "CertificateAuthority" or "CredentialToken" or "CredentialCertificate") => "Kubeconfig",
        "ServerAddress" or "ServerNotHttps" when _way == Way.Token => "Address",
        "CertificateAuthority" when _way == Way.Token => "Authority",
        "CredentialToken" when _way == Way.Token => "Token",
        _ => null,
    };

    private string? ErrorOf(string field) => _refusal is { } refusal && FieldOf(refusal) == field ? refusal.Message : null;

    private async Task SaveAsync()
    {
        _test = null;
        _refusal = await OnSave(new(Cluster.Id, _shown!.Version, _name.Trim(), _title, Enum.Parse<ClusterEnvironment>(_environment), Access, _claim, _prefix.Trim(), _groupsClaim.Trim(), _groupsPrefix.Trim()));
    }

    private async Task TestAsync()
    {
        _test = await OnTest(Access);
        _refusal = _test?.Refusal;
    }

    private async Task UploadAsync(InputFileChangeEventArgs args)
    {
        if (args.File.Size > KubeconfigReader.Longest)
        {
            _refusal = new("KubeconfigTooLong", $"This file is longer than a kubeconfig: at most {KubeconfigReader.Longest / 1024} KiB are read.");
            return;
        }
        using var reader = new StreamReader(args.File.OpenReadStream(KubeconfigReader.Longest));
        (_kubeconfig, _file, _refusal) = (await reader.ReadToEndAsync(), args.File.Name, null);
    }

    private void Forget() => (_kubeconfig, _file, _refusal) = ("", null, null);
}
