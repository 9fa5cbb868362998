using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Rbac;

/// <summary>Rules as JSON, with the field names of Kubernetes.</summary>
internal static class PolicyRuleJson
{
    /// <summary>Reads an array of rules strictly.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    internal static IReadOnlyList<PolicyRule> Read(string json)
    {
        if (CanonicalJson.Parse(json) is not JsonArray rules) throw new FormatException("Rules must be a JSON array.");
        return [.. rules.Select(Read)];
    }

    /// <summary>One rule without its empty lists.</summary>
    internal static JsonNode Write(PolicyRule rule)
    {
        var members = new JsonObject();
        Add("apiGroups", rule.ApiGroups);
        Add("nonResourceURLs", rule.NonResourceUrls);
        Add("resourceNames", rule.ResourceNames);
        Add("resources", rule.Resources);
        Add("verbs", rule.Verbs);
        return members;

        void Add(string name, ImmutableArray<string> list)
        {
            if (!list.IsEmpty) members[name] = new JsonArray([.. list.Select(text => JsonValue.Create(text))]);
        }
    }

    private static PolicyRule Read(JsonNode? node)
    {
        if (node is not JsonObject members) throw new FormatException("A rule must be a JSON object.");
        var rule = new PolicyRule();
        foreach (var (name, value) in members)
        {
            var list = Texts(name, value);
            rule = name switch
            {
                "apiGroups" => rule with { ApiGroups = list },
                "nonResourceURLs" => rule with { NonResourceUrls = list },
                "resourceNames" => rule with { ResourceNames = list },
                "resources" => rule with { Resources = list },
                "verbs" => rule with { Verbs = list },
                _ => throw new FormatException($"A rule has no field '{name}'."),
            };
        }

        return rule;
    }

    private static ImmutableArray<string> Texts(string name, JsonNode? node)
    {
        if (node is not JsonArray items) throw new FormatException($"'{name}' of a rule must be a list.");
        return [.. items.Select(item => item is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : throw new FormatException($"'{name}' of a rule must hold texts only."))];
    }
}
