using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features.Admin;

/// <summary>Says field by field, in words, what differs between two canonical forms of a cluster, entry or workflow.</summary>
internal static class ChangeDiff
{
    // What says which thing it is, and not how it is.
    private static readonly string[] Identity = ["type", "id", "version"];

    /// <summary>The fields that differ, in the order of the forms; all of them where there was nothing before.</summary>
    /// <param name="before">Canonical JSON; <see langword="null"/> for something new.</param>
    /// <param name="after">Canonical JSON.</param>
    /// <param name="names">The titles of what is named by id.</param>
    public static IReadOnlyList<ChangedField> Of(string? before, string after, ConfigurationNames names)
    {
        var to = Read(after);
        // To take something out of use changes none of its fields.
        if (Text(to["type"]).StartsWith("retire-", StringComparison.Ordinal)) return [];
        if (Text(to["type"]) == JustInTimeChange.Type) return JustInTime(JustInTimeChange.FromCanonical(after), names);
        var from = before is null ? null : Read(before);
        return [.. to.Select(field => field.Key).Union(from?.Select(field => field.Key) ?? [])
            .Except(Identity).OrderBy(Order).ThenBy(key => key, StringComparer.Ordinal)
            .Where(key => from is null || !JsonNode.DeepEquals(from[key], to[key]))
            .Select(key => new ChangedField(Label(key), from is null ? null : Words(key, from[key], names), Words(key, to[key], names)))];
    }

    /// <summary>The ids that two forms name.</summary>
    public static IEnumerable<Guid> Named(string? form)
    {
        if (form is null) yield break;
        var fields = Read(form);
        if (fields["entry"] is JsonObject entry) fields = entry;
        foreach (var key in (string[])["cluster", "workflow"])
            if (Guid.TryParse(Text(fields[key]), out var id)) yield return id;
    }

    // What is offered, and then exactly what goes.
    private static IReadOnlyList<ChangedField> JustInTime(JustInTimeChange change, ConfigurationNames names) =>
    [
        .. change.MakesEntry ? Of(null, CanonicalJson.ToText(change.Entry.Canonical()), names) : [new ChangedField("Catalogue entry", null, $"{change.Entry.Title}, as it is")],
        .. change.Bindings.Select(one => new ChangedField("Removes", null, $"{one.Reference}: {one.Role} for {string.Join(", ", one.Binding.Subjects.Select(subject => subject.ToString()))}")),
        .. change.Accepted.Count == 0 ? Array.Empty<ChangedField>() : [new ChangedField("Left without a way to ask", null, string.Join(", ", change.Accepted))],
    ];

    private static JsonObject Read(string canonical) => CanonicalJson.Parse(canonical)!.AsObject();

    private static readonly (string Key, string Label)[] Labels =
    [
        ("name", "Name"), ("title", "Title"), ("description", "Description"), ("cluster", "Cluster"), ("environment", "Environment"), ("server", "Server"),
        ("certificateAuthority", "Certificate authority"), ("credential", "Credential"), ("userNameClaim", "User name claim"), ("userNamePrefix", "User name prefix"),
        ("groupsClaim", "Groups claim"), ("groupsPrefix", "Groups prefix"),
        ("role", "Role"), ("namespaces", "Where"), ("maximumSeconds", "Longest duration"), ("defaultSeconds", "Usual duration"), ("workflow", "Workflow"),
        ("confirmAfterStepUp", "One last click"), ("requesters", "Who may ask"), ("stages", "Who approves"), ("timeToLiveSeconds", "A request waits"), ("provisionWithinSeconds", "Access begins within"),
    ];

    private static int Order(string key)
    {
        var index = Array.FindIndex(Labels, label => label.Key == key);
        return index < 0 ? int.MaxValue : index;
    }

    // A field that this version of Lapse does not know is shown as it is, never left out.
    private static string Label(string key) => Array.Find(Labels, label => label.Key == key).Label ?? key;

    private static string Words(string key, JsonNode? value, ConfigurationNames names) => key switch
    {
        _ when value is null => "nothing",
        "cluster" => names.Clusters.GetValueOrDefault(Guid.Parse(Text(value)), Text(value)),
        "workflow" => names.Workflows.GetValueOrDefault(Guid.Parse(Text(value)), Text(value)),
        "namespaces" => RequestWords.Where([.. Names(value)]),
        "requesters" => string.Join(", ", Names(value)),
        "stages" => WorkflowWords.Approvers([.. value.AsArray().Select(s => new ApprovalStage(Text(s!["name"]), [.. Names(s["approvers"]!)], s["approvals"]!.GetValue<int>()))]),
        "maximumSeconds" or "defaultSeconds" or "timeToLiveSeconds" or "provisionWithinSeconds" => Domain.Words.Duration(TimeSpan.FromSeconds(value.GetValue<double>())),
        "confirmAfterStepUp" => value.GetValue<bool>() ? "wanted" : "not wanted",
        "certificateAuthority" => Authority(Text(value)),
        "credential" => ClusterWords.Credential(Enum.Parse<CredentialKind>(Text(value))),
        "groupsClaim" when Text(value).Length == 0 => "none: it sees no groups",
        "userNamePrefix" or "groupsPrefix" or "description" when Text(value).Length == 0 => "none",
        _ => Text(value),
    };

    /// <summary>A certificate authority by what tells one from another: its names and fingerprints.</summary>
    public static string Authority(string pem)
    {
        if (pem.Length == 0) return "those that the portal's machine trusts";
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            return string.Join("; ", certificates.Select(c => $"{c.Subject}, SHA-256 {c.GetCertHashString(HashAlgorithmName.SHA256)[..16]}…"));
        }
        catch (CryptographicException)
        {
            return "unreadable";
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    private static IEnumerable<string> Names(JsonNode array) => array.AsArray().Select(Text);

    private static string Text(JsonNode? value) => value is JsonValue text && text.TryGetValue<string>(out var found) ? found : value?.ToJsonString() ?? "";
}
