using System.Text;
using k8s;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Writes objects as <c>kubectl apply</c> reads them: several documents, each after a line of dashes.</summary>
internal static class ManifestYaml
{
    public static string Write(IEnumerable<object> objects)
    {
        var text = new StringBuilder();
        foreach (var one in objects) text.Append("---\n").Append(KubernetesYaml.Serialize(one).ReplaceLineEndings("\n").TrimEnd('\n', '.')).Append('\n');
        return text.ToString();
    }
}
