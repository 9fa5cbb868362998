using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Access;

namespace Lapse.Domain.JustInTime;

/// <summary>
/// What an administrator types to do by hand what Lapse would do. Names of bindings may hold almost any character, so nothing of them
/// is ever left to a shell: in addresses they are escaped, and everything else is in a document that the shell passes on as it is.
/// </summary>
public static class ManualCommands
{
    private const string End = "LAPSE_END";

    /// <summary>Deletes exactly the object that was reviewed, as it was reviewed: the API server refuses any other.</summary>
    /// <remarks>Of a manifest nobody knows which object it became: then whatever has the name is deleted.</remarks>
    public static string Delete(ReviewedBinding reviewed)
    {
        if (reviewed.Binding.Uid.Length == 0) return $"kubectl delete --raw '{Address(reviewed.Binding)}'\n";
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["preconditions"] = new JsonObject { ["uid"] = reviewed.Binding.Uid, ["resourceVersion"] = reviewed.Binding.ResourceVersion },
        };
        return Document($"kubectl delete --raw '{Address(reviewed.Binding)}' -f -", options.ToJsonString());
    }

    /// <summary>Makes the binding again. Create and not apply: whatever else has that name by then stays as it is.</summary>
    /// <param name="reviewed">The binding.</param>
    public static string Create(ReviewedBinding reviewed) => Document("kubectl create -f -", Manifest(reviewed));

    /// <summary>The manifest as a file for <c>kubectl create -f</c>.</summary>
    public static string Manifest(ReviewedBinding reviewed) => ReviewedBinding.ManifestOf(reviewed.Binding).ToJsonString(Indented);

    /// <summary>Asks whether it is there.</summary>
    public static string Get(ReviewedBinding reviewed) => $"kubectl get --raw '{Address(reviewed.Binding)}'";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    // Escaped, neither a quote nor a slash is left of a name.
    private static string Address(BindingObject binding)
    {
        var root = $"/apis/{BindingKeys.RbacGroup}/v1";
        return binding.Namespace is { } place
            ? $"{root}/namespaces/{Uri.EscapeDataString(place)}/rolebindings/{Uri.EscapeDataString(binding.Name)}"
            : $"{root}/clusterrolebindings/{Uri.EscapeDataString(binding.Name)}";
    }

    // JSON has no line breaks within its texts, so no line of it is the end mark.
    private static string Document(string command, string document) => $"{command} <<'{End}'\n{document}\n{End}\n";
}
