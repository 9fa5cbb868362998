using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>The shapes that the verbs share in what they print.</summary>
internal static class RbacOutput
{
    public const string Table = "table";
    public const string Json = "json";
    public const string Sarif = "sarif";
    public const string Csv = "csv";

    // Control characters are escaped all the same.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static Option<string> Option(params string[] formats)
    {
        var option = new Option<string>("--output", "-o") { Description = "How the answer is printed.", DefaultValueFactory = _ => Table };
        option.AcceptOnlyFromAmong([Table, Json, .. formats]);
        return option;
    }

    public static void Print(JsonNode node) => System.Console.Out.WriteLine(node.ToJsonString(Indented));

    public static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> each) => new([.. items.Select(each)]);

    public static JsonObject Of(Allowance allowance) => new()
    {
        ["binding"] = allowance.Binding.Reference,
        ["role"] = allowance.Role.Reference,
        ["rule"] = allowance.RuleIndex,
    };

    /// <summary>A rule without its empty lists, with the field names of Kubernetes.</summary>
    public static JsonObject Of(PolicyRule rule)
    {
        var fields = new JsonObject();
        foreach (var (name, list) in Fields(rule))
            if (!list.IsEmpty) fields[name] = Array(list, text => JsonValue.Create(text));
        return fields;
    }

    /// <summary>A rule in a line.</summary>
    public static string Words(PolicyRule rule) => string.Join("; ", Fields(rule).Where(field => !field.List.IsEmpty).Select(field => $"{field.Name}: {string.Join(", ", field.List.Select(text => text.Length == 0 ? "\"\"" : text))}"));

    public static JsonArray NotEvaluated(IEnumerable<Gap> gaps) => Array(gaps, gap => new JsonObject { ["what"] = gap.What, ["why"] = gap.Why });

    /// <summary>What no reading can know, and what could not be read of this one.</summary>
    public static IEnumerable<Gap> Unknown(RbacInput input, bool groups)
    {
        if (groups) yield return new Gap("members of groups", "Who belongs to a group is known to the cluster's authenticator alone.");
        yield return new Gap($"members of {Requester.Masters}", "They may do everything, before RBAC is asked. Who they are is known to the cluster's authenticator alone.");
        yield return new Gap("other authorizers", "Node, webhook and other authorizers of a cluster may allow more than its RBAC does.");
        foreach (var gap in MissingRoles(input, input.Index.Bindings.Where(binding => input.Index.RoleOf(binding) is null))) yield return gap;
        foreach (var gap in input.Gaps) yield return gap;
    }

    /// <summary>
    /// Bindings whose role is not among what was read, such as one of Kubernetes' own: what they give is not known. In a cluster whose roles
    /// were read they give nothing, which is known.
    /// </summary>
    public static IEnumerable<Gap> MissingRoles(RbacInput input, IEnumerable<BindingObject> bindings) =>
        bindings.Where(binding => input.Manifests is not null || !input.Index.State.IsKnown(binding.Role.Kind == "Role" ? "roles" : "clusterroles"))
            .Select(binding => new Gap(binding.Reference, $"It gives the {binding.Role.Kind} {binding.Role.Name}, which is not among what was read. If the cluster has it, more is allowed.{(IsDefault(input, binding) ? " Every cluster has it: --with-defaults adds it." : "")}"));

    private static bool IsDefault(RbacInput input, BindingObject binding) => input.Manifests is not null && binding.Role.Kind == "ClusterRole" && KubernetesDefaults.Role("", binding.Role.Name) is not null;

    /// <summary>For people, what could not be read goes beside the answer.</summary>
    public static void PrintBeside(IEnumerable<Gap> gaps, IEnumerable<string> notes)
    {
        foreach (var gap in gaps) System.Console.Error.WriteLine(TextTable.Shown($"not evaluated: {gap.What}: {gap.Why}"));
        foreach (var note in notes) System.Console.Error.WriteLine(TextTable.Shown($"note: {note}"));
    }

    private static IEnumerable<(string Name, System.Collections.Immutable.ImmutableArray<string> List)> Fields(PolicyRule rule) =>
        [("verbs", rule.Verbs), ("apiGroups", rule.ApiGroups), ("resources", rule.Resources), ("resourceNames", rule.ResourceNames), ("nonResourceURLs", rule.NonResourceUrls)];
}
