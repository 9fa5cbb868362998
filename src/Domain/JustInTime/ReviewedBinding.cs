using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;
using State = Lapse.Domain.Rbac.State;

namespace Lapse.Domain.JustInTime;

/// <summary>
/// A standing binding exactly as it was reviewed: which object it is, and its manifest, which is all that somebody would write to
/// make it again. What the server adds by itself is not in the manifest.
/// </summary>
/// <param name="Binding">The object, with its UID and the resource version that it had.</param>
public sealed record ReviewedBinding(BindingObject Binding)
{
    private const string ApiVersion = BindingKeys.RbacGroup + "/v1";

    /// <summary><c>RoleBinding</c> or <c>ClusterRoleBinding</c>.</summary>
    public string Kind => KindOf(Binding.Namespace);

    /// <summary>Such as <c>RoleBinding monitoring/erin-edit</c>, as the audit calls it.</summary>
    public string Reference => ReferenceOf(Binding.Namespace, Binding.Name);

    /// <summary>SHA-256 of the canonical manifest, in hexadecimal.</summary>
    public string Digest => DigestOf(Binding);

    /// <summary>The kind of a binding by its namespace; empty or <see langword="null"/> for the whole cluster.</summary>
    public static string KindOf(string? namespaceName) => string.IsNullOrEmpty(namespaceName) ? "ClusterRoleBinding" : "RoleBinding";

    /// <summary>What the audit calls a binding.</summary>
    public static string ReferenceOf(string? namespaceName, string name) => string.IsNullOrEmpty(namespaceName) ? $"{KindOf(null)} {name}" : $"{KindOf(namespaceName)} {namespaceName}/{name}";

    /// <summary>The namespace and name that a reference names; <see langword="null"/> if it is none.</summary>
    /// <param name="reference">What <see cref="ReferenceOf"/> gives.</param>
    public static (string? Namespace, string Name)? ReadReference(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        var parts = reference.Split(' ', 2);
        if (parts.Length != 2 || parts[1].Length == 0 || !PlainText.IsLine(reference)) return null;
        if (parts[0] == KindOf(null)) return parts[1].Contains('/', StringComparison.Ordinal) ? null : (null, parts[1]);
        return parts[0] == KindOf("x") && parts[1].Split('/') is [{ Length: > 0 } place, { Length: > 0 } name] ? (place, name) : null;
    }

    /// <summary>The manifest, with the field names of Kubernetes.</summary>
    public static JsonObject ManifestOf(BindingObject binding)
    {
        var metadata = new JsonObject { ["name"] = binding.Name };
        if (!string.IsNullOrEmpty(binding.Namespace)) metadata["namespace"] = binding.Namespace;
        Add(metadata, "labels", binding.Labels);
        Add(metadata, "annotations", binding.Annotations);
        return new()
        {
            ["apiVersion"] = ApiVersion,
            ["kind"] = KindOf(binding.Namespace),
            ["metadata"] = metadata,
            ["roleRef"] = new JsonObject { ["apiGroup"] = binding.RoleRef.ApiGroup, ["kind"] = binding.RoleRef.Kind, ["name"] = binding.RoleRef.Name },
            ["subjects"] = new JsonArray([.. binding.Subjects.Select(ToJson)]),
        };
    }

    /// <summary>SHA-256 of the canonical manifest, in hexadecimal: the same for the same content, whichever object has it.</summary>
    public static string DigestOf(BindingObject binding) => Convert.ToHexStringLower(CanonicalJson.Digest(ManifestOf(binding)));

    /// <summary>Everything about it, as a change holds it.</summary>
    public JsonObject Canonical() => new()
    {
        ["uid"] = Binding.Uid,
        ["resourceVersion"] = Binding.ResourceVersion,
        ["digest"] = Digest,
        ["manifest"] = ManifestOf(Binding),
    };

    /// <summary>What a canonical form says.</summary>
    /// <exception cref="FormatException">It is none, or its digest is not its manifest's.</exception>
    public static ReviewedBinding FromCanonical(JsonObject canonical)
    {
        try
        {
            var manifest = canonical["manifest"]!.AsObject();
            var (metadata, role) = (manifest["metadata"]!.AsObject(), manifest["roleRef"]!.AsObject());
            var reviewed = new ReviewedBinding(new BindingObject
            {
                Name = Text(metadata, "name")!,
                Namespace = Text(metadata, "namespace"),
                Labels = Texts(metadata["labels"]),
                Annotations = Texts(metadata["annotations"]),
                RoleRef = new(Text(role, "apiGroup")!, Text(role, "kind")!, Text(role, "name")!),
                Subjects = [.. manifest["subjects"]!.AsArray().Select(subject => ToSubject(subject!.AsObject()))],
                Uid = Text(canonical, "uid")!,
                ResourceVersion = Text(canonical, "resourceVersion")!,
            });
            return JsonNode.DeepEquals(reviewed.Canonical(), canonical) ? reviewed : throw new FormatException("There is more in it than a reviewed binding says.");
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("This is not the canonical form of a reviewed binding.", e);
        }
    }

    /// <summary>The role as a catalogue entry names it; <see langword="null"/> for a kind that no entry can have.</summary>
    public RoleReference? Role => Binding.RoleRef.Kind switch
    {
        nameof(RoleKind.ClusterRole) => new(RoleKind.ClusterRole, Binding.RoleRef.Name),
        nameof(RoleKind.Role) => new(RoleKind.Role, Binding.RoleRef.Name),
        _ => null,
    };

    /// <summary>The same binding for the audit's questions.</summary>
    public State.BindingObject ToState() => new()
    {
        Namespace = Binding.Namespace ?? "",
        Name = Binding.Name,
        Uid = Binding.Uid,
        Role = new(Binding.RoleRef.Kind, Binding.RoleRef.Name),
        Subjects = [.. Binding.Subjects.Select(subject => new State.BindingSubject(subject.Kind, subject.Name, subject.Namespace, subject.ApiGroup))],
    };

    /// <summary>A binding of a manifest, which no cluster has given an identity yet.</summary>
    public static ReviewedBinding Of(State.BindingObject binding) => new(new BindingObject
    {
        Name = binding.Name,
        Namespace = binding.IsClusterWide ? null : binding.Namespace,
        Labels = binding.Labels,
        Annotations = binding.Annotations,
        RoleRef = new(BindingKeys.RbacGroup, binding.Role.Kind, binding.Role.Name),
        Subjects = [.. binding.Subjects.Select(subject => new BindingSubject(subject.Kind, subject.ApiGroup.Length == 0 && subject.Kind != "ServiceAccount" ? BindingKeys.RbacGroup : subject.ApiGroup, subject.Name, subject.Namespace))],
    });

    private static void Add(JsonObject metadata, string name, IReadOnlyDictionary<string, string> texts)
    {
        if (texts.Count > 0) metadata[name] = new JsonObject(texts.Select(text => KeyValuePair.Create<string, JsonNode?>(text.Key, text.Value)));
    }

    private static JsonNode ToJson(BindingSubject subject)
    {
        var json = new JsonObject { ["kind"] = subject.Kind, ["name"] = subject.Name };
        if (subject.ApiGroup.Length > 0) json["apiGroup"] = subject.ApiGroup;
        if (subject.Namespace.Length > 0) json["namespace"] = subject.Namespace;
        return json;
    }

    private static BindingSubject ToSubject(JsonObject json) => new(Text(json, "kind")!, Text(json, "apiGroup") ?? "", Text(json, "name")!, Text(json, "namespace") ?? "");

    private static Dictionary<string, string> Texts(JsonNode? node) =>
        node is null ? [] : node.AsObject().ToDictionary(text => text.Key, text => text.Value!.GetValue<string>(), StringComparer.Ordinal);

    private static string? Text(JsonObject json, string name) => json[name]?.GetValue<string>();
}
