using System.Text;
using Lapse.Domain;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Reads an uploaded kubeconfig: of its current context the inline server, certificate authority, token and client
/// certificate, and nothing else. Whatever would run a program, read a file, or weaken or redirect the connection is
/// refused by its name; so is what Lapse does not know. Only for whoever runs a verb with a kubeconfig of their own are the files
/// read that it names.
/// </summary>
public static class KubeconfigReader
{
    /// <summary>The most characters of a kubeconfig that are read.</summary>
    public const int Longest = 256 * 1024;

    private const int MostNodes = 20_000;
    private const int Deepest = 30;

    // Fields of a cluster or user (k8s.io/client-go, tools/clientcmd/api/v1/types.go) that Lapse refuses, and why.
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["exec"] = "it would run a program on the portal's machine. Give a ServiceAccount's token instead",
        ["auth-provider"] = "it would make the portal sign in as you. Give a ServiceAccount's token instead",
        ["tokenFile"] = "it names a file of the portal's machine. Put the token itself under token",
        ["client-certificate"] = "it names a file of the portal's machine. Put the certificate under client-certificate-data (kubectl config view --raw --flatten does so)",
        ["client-key"] = "it names a file of the portal's machine. Put the key under client-key-data (kubectl config view --raw --flatten does so)",
        ["certificate-authority"] = "it names a file of the portal's machine. Put the authority under certificate-authority-data (kubectl config view --raw --flatten does so)",
        ["proxy-url"] = "it would send Lapse's credential through a proxy. Lapse calls the server itself",
        ["insecure-skip-tls-verify"] = "it would let anybody pose as the server. Give the certificate authority instead",
        ["tls-server-name"] = "it would take a certificate made for another name. Use an address that is in the server's certificate",
        ["username"] = "Kubernetes does not know passwords any more. Give a ServiceAccount's token instead",
        ["password"] = "Kubernetes does not know passwords any more. Give a ServiceAccount's token instead",
        ["as"] = "Lapse acts under its own name only. Give a ServiceAccount's token instead",
        ["as-uid"] = "Lapse acts under its own name only. Give a ServiceAccount's token instead",
        ["as-groups"] = "Lapse acts under its own name only. Give a ServiceAccount's token instead",
        ["as-user-extra"] = "Lapse acts under its own name only. Give a ServiceAccount's token instead",
    };

    private static readonly string[] ClusterFields = ["server", "certificate-authority-data", "disable-compression", "extensions"];
    private static readonly string[] UserFields = ["token", "client-certificate-data", "client-key-data", "extensions"];
    private static readonly string[] ClusterFiles = ["certificate-authority"];
    private static readonly string[] UserFiles = ["client-certificate", "client-key", "tokenFile"];

    /// <summary>Reads one context.</summary>
    /// <param name="yaml">The kubeconfig, YAML or JSON.</param>
    /// <param name="contextName">The context; <see langword="null"/> for the current one.</param>
    /// <param name="files">Reads a file that the kubeconfig names; <see langword="null"/> refuses such fields.</param>
    public static Outcome<ClusterAddress> Read(string yaml, string? contextName = null, Func<string, Outcome<string>>? files = null)
    {
        if (yaml.Length > Longest) return Bad($"it has more than {Longest / 1024} KiB");
        try
        {
            if (CheckShape(yaml) is { } shape) return shape;
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: YamlMappingNode root }] ? Read(root, contextName, files) : Bad("it must be one YAML document with clusters, users and contexts");
        }
        catch (YamlException exception)
        {
            return Bad($"line {exception.Start.Line} is not YAML");
        }
    }

    private static Outcome<ClusterAddress> Read(YamlMappingNode root, string? contextName, Func<string, Outcome<string>>? files)
    {
        if ((contextName ?? Text(root, "current-context")) is not { Length: > 0 } chosen) return Bad("it has no current-context");
        if (Named(root, "contexts", chosen, "context") is not { } context) return Bad($"it does not have {(contextName is null ? "its current context" : "the context")} “{Shown(chosen)}” exactly once");
        if (Text(context, "cluster") is not { } clusterName || Named(root, "clusters", clusterName, "cluster") is not { } cluster)
            return Bad($"it does not have the cluster of {(contextName is null ? "its current" : "that")} context exactly once");
        if (Text(context, "user") is not { } userName || Named(root, "users", userName, "user") is not { } user)
            return Bad($"it does not have the user of {(contextName is null ? "its current" : "that")} context exactly once");
        if (CheckFields(cluster, files is null ? ClusterFields : [.. ClusterFields, .. ClusterFiles]) is { } clusterRefusal) return clusterRefusal;
        if (CheckFields(user, files is null ? UserFields : [.. UserFields, .. UserFiles]) is { } userRefusal) return userRefusal;

        if (Text(cluster, "server") is not { Length: > 0 } server) return Bad("its cluster has no server");
        var authority = Content(cluster, "certificate-authority", files);
        var certificate = Content(user, "client-certificate", files);
        var key = Content(user, "client-key", files);
        var token = TokenOf(user, files);
        foreach (var part in new[] { authority, certificate, key, token })
            if (!part.Succeeded) return part.Refusal!;
        if (token.Value.Length > 0 && certificate.Value.Length > 0) return Bad("its user has both a token and a client certificate. Keep one");
        if ((certificate.Value.Length > 0) != (key.Value.Length > 0)) return Bad("its user has a client certificate without its key, or a key without its certificate");
        if (token.Value.Length == 0 && certificate.Value.Length == 0) return Bad("its user has neither a token nor a client certificate");
        return ClusterAddress.From(server, authority.Value, token.Value.Length > 0 ? new ClusterCredential.Token(token.Value) : new ClusterCredential.ClientCertificate(certificate.Value, key.Value));
    }

    // As kubectl has it, what is written out goes before the file.
    private static Outcome<string> Content(YamlMappingNode section, string field, Func<string, Outcome<string>>? files)
    {
        if (Data(section, field + "-data") is not { } data) return Bad($"{field}-data is not base64");
        return data.Length == 0 && files is not null && Text(section, field) is { Length: > 0 } file ? files(file) : data;
    }

    private static Outcome<string> TokenOf(YamlMappingNode user, Func<string, Outcome<string>>? files)
    {
        var token = Text(user, "token") ?? "";
        if (files is null || Text(user, "tokenFile") is not { Length: > 0 } file) return token;
        if (token.Length > 0) return Bad("its user has both token and tokenFile. Keep one");
        var read = files(file);
        return read.Succeeded ? read.Value.Trim() : read;
    }

    // Before anything is built: an alias can make a short text into endless objects, and deep nesting can end the process.
    private static Refusal? CheckShape(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        var (depth, nodes) = (0, 0);
        while (parser.MoveNext())
        {
            if (parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false }) return Bad("it uses anchors or aliases, which Lapse does not read");
            if (parser.Current is NodeEvent { Tag.IsEmpty: false }) return Bad("it uses tags, which Lapse does not read");
            depth += parser.Current?.NestingIncrease ?? 0;
            if (depth > Deepest || ++nodes > MostNodes) return Bad("it is too large or too deep to be a kubeconfig");
        }
        return null;
    }

    private static Refusal? CheckFields(YamlMappingNode section, string[] known)
    {
        foreach (var (keyNode, value) in section.Children)
        {
            var field = (keyNode as YamlScalarNode)?.Value ?? "";
            if (known.Contains(field, StringComparer.Ordinal)) continue;
            // Written out, false is what Lapse does anyway.
            if (field == "insecure-skip-tls-verify" && value is YamlScalarNode { Value: "false" }) continue;
            return Refused.TryGetValue(field, out var why)
                ? new($"Kubeconfig:{field}", $"This kubeconfig uses “{field}”, which Lapse refuses: {why}.")
                : Bad("it has a field that Lapse does not know: “" + Shown(field) + "”");
        }
        return null;
    }

    private static string Shown(string field) => field.Length <= 40 ? field : field[..40] + "…";

    private static YamlMappingNode? Named(YamlMappingNode root, string list, string name, string section)
    {
        if (!root.Children.TryGetValue(list, out var node) || node is not YamlSequenceNode items) return null;
        var found = items.OfType<YamlMappingNode>().Where(item => Text(item, "name") == name).ToList();
        return found.Count == 1 && found[0].Children.TryGetValue(section, out var inner) ? inner as YamlMappingNode : null;
    }

    private static string? Text(YamlMappingNode section, string field) =>
        section.Children.TryGetValue(field, out var node) ? (node as YamlScalarNode)?.Value : null;

    private static string? Data(YamlMappingNode section, string field)
    {
        if (Text(section, field) is not { Length: > 0 } text) return section.Children.ContainsKey(field) && section.Children[field] is not YamlScalarNode ? null : "";
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static Refusal Bad(string why) => new("Kubeconfig", $"Lapse cannot use this kubeconfig: {why}.");
}
