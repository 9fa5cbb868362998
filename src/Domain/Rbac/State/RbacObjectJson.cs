using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Rbac.State;

/// <summary>
/// What an object says, as JSON of one form only: the same object gives the same text and digest wherever it is read. UID and
/// time of making are not in it, since they are not what it says.
/// </summary>
public static class RbacObjectJson
{
    /// <summary>What the object says.</summary>
    /// <exception cref="FormatException">It holds a text that is none.</exception>
    public static string Write(RbacObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        var json = new JsonObject { ["name"] = found.Name };
        if (found.Namespace.Length > 0) json["namespace"] = found.Namespace;
        Add(json, "labels", found.Labels);
        Add(json, "annotations", found.Annotations);
        switch (found)
        {
            case RoleObject role:
                json["rules"] = new JsonArray([.. role.Rules.Select(PolicyRuleJson.Write)]);
                if (!role.Aggregates.IsEmpty) json["aggregates"] = new JsonArray([.. role.Aggregates.Select(Write)]);
                break;
            case BindingObject binding:
                json["role"] = new JsonObject { ["kind"] = binding.Role.Kind, ["name"] = binding.Role.Name };
                json["subjects"] = new JsonArray([.. binding.Subjects.Select(Write)]);
                break;
            case ServiceAccountObject account:
                if (account.AutomountsToken is { } automounts) json["automounts"] = automounts;
                break;
            case WorkloadObject workload:
                json["account"] = workload.ServiceAccount;
                if (workload.AutomountsToken is { } mounts) json["automounts"] = mounts;
                if (workload.Node.Length > 0) json["node"] = workload.Node;
                if (workload.ReachesItsNode) json["reachesNode"] = true;
                if (workload.Owner.Length > 0) json["owner"] = workload.Owner;
                break;
            case TokenSecretObject token:
                json["account"] = token.ServiceAccount;
                break;
            case NamespaceObject:
                break;
            default:
                throw new ArgumentException($"A {found.Kind} is no object of the audit.", nameof(found));
        }

        return CanonicalJson.ToText(json);
    }

    /// <summary>The object that a text of <see cref="Write(RbacObject)"/> says.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="text">The text.</param>
    /// <param name="uid">Its UID.</param>
    /// <param name="created">When it was made.</param>
    /// <exception cref="FormatException">The text is not one of those.</exception>
    public static RbacObject Read(string kind, string text, string uid = "", DateTimeOffset? created = null)
    {
        if (CanonicalJson.Parse(text) is not JsonObject json) throw new FormatException("An object must be a JSON object.");
        RbacObject read = kind switch
        {
            "Role" or "ClusterRole" => new RoleObject
            {
                Name = Text(json, "name"),
                Rules = [.. Items(json, "rules").Select(rule => PolicyRuleJson.Read($"[{CanonicalJson.ToText(rule)}]")[0])],
                Aggregates = [.. Items(json, "aggregates").Select(ReadSelector)],
            },
            "RoleBinding" or "ClusterRoleBinding" => new BindingObject
            {
                Name = Text(json, "name"),
                Role = json["role"] is JsonObject role ? new RoleReference(Text(role, "kind"), Text(role, "name")) : throw new FormatException("A binding has a role."),
                Subjects = [.. Items(json, "subjects").Select(ReadSubject)],
            },
            "ServiceAccount" => new ServiceAccountObject { Name = Text(json, "name"), AutomountsToken = Flag(json, "automounts") },
            "Namespace" => new NamespaceObject { Name = Text(json, "name") },
            "Secret" => new TokenSecretObject { Name = Text(json, "name"), ServiceAccount = Text(json, "account") },
            _ => new WorkloadObject
            {
                WorkloadKind = kind,
                Name = Text(json, "name"),
                ServiceAccount = Text(json, "account"),
                AutomountsToken = Flag(json, "automounts"),
                Node = Optional(json, "node"),
                ReachesItsNode = Flag(json, "reachesNode") ?? false,
                Owner = Optional(json, "owner"),
            },
        };
        return read with { Namespace = Optional(json, "namespace"), Labels = Texts(json, "labels"), Annotations = Texts(json, "annotations"), Uid = uid, Created = created };
    }

    /// <summary>What a cluster serves, as JSON of one form only.</summary>
    public static string WriteServed(IEnumerable<ServedResource> served) => CanonicalJson.ToText(new JsonArray(
        [.. served.OrderBy(one => one.ApiGroup, StringComparer.Ordinal).ThenBy(one => one.Resource, StringComparer.Ordinal).Select(one => (JsonNode)new JsonObject
        {
            ["group"] = one.ApiGroup,
            ["resource"] = one.Resource,
            ["kind"] = one.Kind,
            ["namespaced"] = one.Namespaced,
            ["verbs"] = new JsonArray([.. one.Verbs.Select(verb => JsonValue.Create(verb))]),
        })]));

    /// <summary>What a text of <see cref="WriteServed"/> says.</summary>
    /// <exception cref="FormatException">The text is not one of those.</exception>
    public static ImmutableArray<ServedResource> ReadServed(string text) => CanonicalJson.Parse(text) is JsonArray list
        ? [.. list.Select(item => item is JsonObject one
            ? new ServedResource(Text(one, "group"), Text(one, "resource"), Text(one, "kind"), Flag(one, "namespaced") ?? false, [.. Items(one, "verbs").Select(Text)])
            : throw new FormatException("A served resource must be a JSON object."))]
        : throw new FormatException("What is served must be a JSON array.");

    private static void Add(JsonObject json, string name, ImmutableSortedDictionary<string, string> texts)
    {
        if (texts.IsEmpty) return;
        json[name] = new JsonObject(texts.Select(text => KeyValuePair.Create<string, JsonNode?>(text.Key, text.Value)));
    }

    private static JsonNode Write(LabelSelector selector)
    {
        var json = new JsonObject();
        Add(json, "labels", selector.MatchLabels);
        if (!selector.MatchExpressions.IsEmpty)
            json["expressions"] = new JsonArray([.. selector.MatchExpressions.Select(e => (JsonNode)new JsonObject
            {
                ["key"] = e.Key, ["operator"] = e.Operator, ["values"] = new JsonArray([.. e.Values.Select(value => JsonValue.Create(value))]),
            })]);
        return json;
    }

    private static LabelSelector ReadSelector(JsonNode? node) => node is JsonObject json
        ? new LabelSelector
        {
            MatchLabels = Texts(json, "labels"),
            MatchExpressions = [.. Items(json, "expressions").Select(item => item is JsonObject e
                ? new LabelRequirement(Text(e, "key"), Text(e, "operator"), [.. Items(e, "values").Select(Text)])
                : throw new FormatException("A condition must be a JSON object."))],
        }
        : throw new FormatException("A selector must be a JSON object.");

    private static JsonNode Write(BindingSubject subject)
    {
        var json = new JsonObject { ["kind"] = subject.Kind, ["name"] = subject.Name };
        if (subject.Namespace.Length > 0) json["namespace"] = subject.Namespace;
        if (subject.ApiGroup.Length > 0) json["group"] = subject.ApiGroup;
        return json;
    }

    private static BindingSubject ReadSubject(JsonNode? node) => node is JsonObject json
        ? new BindingSubject(Text(json, "kind"), Text(json, "name"), Optional(json, "namespace"), Optional(json, "group"))
        : throw new FormatException("A subject must be a JSON object.");

    private static JsonArray Items(JsonObject json, string name) => json[name] switch
    {
        null => [],
        JsonArray items => items,
        _ => throw new FormatException($"'{name}' must be a list."),
    };

    private static ImmutableSortedDictionary<string, string> Texts(JsonObject json, string name) => json[name] switch
    {
        null => RbacObject.NoTexts,
        JsonObject texts => RbacObject.NoTexts.AddRange(texts.Select(text => KeyValuePair.Create(text.Key, Text(text.Value)))),
        _ => throw new FormatException($"'{name}' must be an object."),
    };

    private static string Text(JsonObject json, string name) => Text(json[name]);

    private static string Optional(JsonObject json, string name) => json[name] is { } node ? Text(node) : "";

    private static string Text(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw new FormatException("A text is missing.");

    private static bool? Flag(JsonObject json, string name) => json[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw new FormatException($"'{name}' must be true or false."),
    };
}
