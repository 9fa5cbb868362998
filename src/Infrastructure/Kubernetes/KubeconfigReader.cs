using System.Text;
using Lapse.Domain;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Reads an uploaded kubeconfig: of its current context the inline server, certificate authority, token and client
/// certificate, and nothing else. Whatever would run a program, read a file, or weaken or redirect the connection is
/// refused by its name; so is what Lapse does not know.
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

    /// <summary>Reads the current context.</summary>
    /// <param name="yaml">The kubeconfig, YAML or JSON.</param>
    public static Outcome<ClusterAddress> Read(string yaml)
    {
        if (yaml.Length > Longest) return Bad($"it has more than {Longest / 1024} KiB");
        try
        {
            if (CheckShape(yaml) is { } shape) return shape;
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: YamlMappingNode root }] ? Read(root) : Bad("it must be one YAML document with clusters, users and contexts");
        }
        catch (YamlException exception)
        {
            return Bad($"line {exception.Start.Line} is not YAML");
        }
    }

    private static Outcome<ClusterAddress> Read(YamlMappingNode root)
    {
        if (Text(root, "current-context") is not { Length: > 0 } current) return Bad("it has no current-context");
        if (Named(root, "contexts", current, "context") is not { } context) return Bad($"it does not have its current context “{current}” exactly once");
        if (Text(context, "cluster") is not { } clusterName || Named(root, "clusters", clusterName, "cluster") is not { } cluster)
            return Bad("it does not have the cluster of its current context exactly once");
        if (Text(context, "user") is not { } userName || Named(root, "users", userName, "user") is not { } user)
            return Bad("it does not have the user of its current context exactly once");
        if (CheckFields(cluster, ClusterFields) is { } clusterRefusal) return clusterRefusal;
        if (CheckFields(user, UserFields) is { } userRefusal) return userRefusal;

        if (Text(cluster, "server") is not { Length: > 0 } server) return Bad("its cluster has no server");
        if (Data(cluster, "certificate-authority-data") is not { } authority) return Bad("certificate-authority-data is not base64");
        if (Data(user, "client-certificate-data") is not { } certificate) return Bad("client-certificate-data is not base64");
        if (Data(user, "client-key-data") is not { } key) return Bad("client-key-data is not base64");
        var token = Text(user, "token") ?? "";
        if (token.Length > 0 && certificate.Length > 0) return Bad("its user has both a token and a client certificate. Keep one");
        if ((certificate.Length > 0) != (key.Length > 0)) return Bad("its user has a client certificate without its key, or a key without its certificate");
        if (token.Length == 0 && certificate.Length == 0) return Bad("its user has neither a token nor a client certificate");
        return ClusterAddress.From(server, authority, token.Length > 0 ? new ClusterCredential.Token(token) : new ClusterCredential.ClientCertificate(certificate, key));
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
