using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;

namespace Lapse.Infrastructure.Evidence;

/// <summary>Checks who asked and who approved, under which rules, and that the ledger tells the same.</summary>
internal sealed class BundleStory(JsonObject bundle, BundleTokens tokens, ECDsa installation)
{
    // What an approval says beyond what was asked.
    private static readonly string[] OfApprovals = ["rules", "stage", "comment"];

    private JsonObject Act => bundle.Object("request", "proof", "act");

    private JsonObject Entry => bundle.Object("entry", "content");

    private JsonObject Workflow => bundle.Object("workflow", "content");

    private Task<BundleToken> RequesterAsync() => tokens.VerifyAsync(bundle.ObjectOrNull("request", "proof"), ActKind.SubmitRequest, bundle.Text("request", "person"));

    /// <summary>That the requester authenticated for exactly this request.</summary>
    public async Task<string> RequestProofAsync()
    {
        var token = await RequesterAsync();
        BundleFault.Unless(Act.Text("subject") == bundle.Text("request", "id") && Act.Number("version") == 1 && Act.Text("content", "requester") == Act.Text("person"), "The proof is for another request.");
        return $"{Name(bundle.Text("request", "person"))} authenticated on {CanonicalTime.Text(token.At)} to ask for {Act.Text("content", "role")} for {Words.Duration(TimeSpan.FromSeconds(Act.Number("content", "durationSeconds")))}.";
    }

    /// <summary>That the entry is the one that was asked under, and that somebody vouches for it.</summary>
    public Task<string> EntryAsync() => VouchedAsync("entry", ChangeKind.ElevatedRole);

    /// <summary>The same of the workflow.</summary>
    public Task<string> WorkflowAsync() => VouchedAsync("workflow", ChangeKind.Workflow);

    private async Task<string> VouchedAsync(string what, ChangeKind kind)
    {
        var content = bundle.Object(what, "content");
        var digest = CanonicalJson.Digest(content);
        BundleFault.Unless(Act.Text("content", what) == Convert.ToHexStringLower(digest), $"What was asked is under another {what}.");
        var named = $"“{content.Text("title")}” version {content.Number("version")}";
        if (bundle.TextOrNull(what, "operatorSignature") is not null)
        {
            BundleFault.Unless(InstallationSignature.Verify(installation, InstallationKey.ConfigurationDomain, digest, bundle.Bytes(what, "operatorSignature")), "The operator's signature is not over what it says.");
            return $"{named}, vouched for by an operator of this installation.";
        }
        var change = bundle.ObjectOrNull(what, "change") ?? throw new BundleFault("Nobody vouches for it.");
        var author = await AdminAsync(change, "author", ActKind.ProposeChange, kind, content);
        if (!Flag(change.Object("authorProof", "act"), "content", "needsSecondAdmin")) return $"{named}, vouched for by {author}.";
        var confirmer = await AdminAsync(change, "confirmer", ActKind.ConfirmChange, kind, content);
        BundleFault.Unless(change.Text("author") != change.Text("confirmer"), "One admin proposed and confirmed it.");
        BundleFault.Unless(JsonNode.DeepEquals(change.Object("authorProof", "act", "content"), change.Object("confirmerProof", "act", "content")), "The second admin confirmed something else.");
        return $"{named}, vouched for by {author} and {confirmer}.";
    }

    private async Task<string> AdminAsync(JsonObject change, string which, ActKind act, ChangeKind kind, JsonObject content)
    {
        var token = await tokens.VerifyAsync(change.ObjectOrNull($"{which}Proof"), act, change.TextOrNull(which) ?? throw new BundleFault("An admin is missing."));
        BundleFault.Unless(token.Groups is not null && token.Groups.Contains(bundle.Text("provider", "adminGroup"), StringComparer.Ordinal), "Whoever vouches was no admin.");
        var said = change.Object($"{which}Proof", "act");
        BundleFault.Unless(said.Text("subject") == change.Text("id") && said.Text("content", "subject") == content.Text("id") && Says(said, kind, content), "The admin's change says something else.");
        return Name(change.Text(which));
    }

    // A change from standing to just-in-time access has the entry that it makes as a part of what it says.
    private static bool Says(JsonObject said, ChangeKind kind, JsonObject content)
    {
        var (of, after) = (said.Text("content", "kind"), said.Text("content", "after"));
        if (of == kind.ToString()) return after == CanonicalJson.ToText(content);
        return kind == ChangeKind.ElevatedRole && of == nameof(ChangeKind.JustInTime) && JustInTimeChange.MadeEntry(after) is { } made && JsonNode.DeepEquals(made, content);
    }

    /// <summary>That the request is within what its entry gives, by somebody who may ask, about the rules that the bundle has.</summary>
    public async Task<string> RequestAsync()
    {
        var (token, content) = (await RequesterAsync(), Act.Object("content"));
        BundleFault.Unless(Allowed(token.Groups, Workflow.Texts("requesters")), "The requester's token has no group that may ask.");
        var (asked, offered) = (content.Texts("namespaces"), Entry.Texts("namespaces"));
        BundleFault.Unless(content.Text("cluster") == Entry.Text("cluster") && content.Text("role") == Entry.Text("role") && Entry.Text("workflow") == Workflow.Text("id")
            && asked.Count == 0 == (offered.Count == 0) && !asked.Except(offered, StringComparer.Ordinal).Any() && content.Number("durationSeconds") <= Entry.Number("maximumSeconds"), "The request is for more than its entry gives.");
        BundleFault.Unless(bundle.Text("cluster", "id") == content.Text("cluster"), "The request is for another cluster.");
        var user = ClusterUserName.From(bundle.Text("cluster", "userNameClaim"), bundle.Text("cluster", "userNamePrefix"), token.AsClaims());
        BundleFault.Unless(user.Succeeded && user.Value == content.Text("clusterUser"), "The user name in the cluster does not follow from the requester's token.");
        BundleFault.Unless(bundle.Number("request", "version") > 1 || content.Text("rules") == RulesDigest, "The rules are not those that were asked for.");
        return $"Within its entry; {content.Text("clusterUser")} on {bundle.Text("cluster", "title")}.";
    }

    /// <summary>That each stage has its approvals, by distinct people other than the requester who might give them, for exactly this.</summary>
    public async Task<string> ApprovalsAsync()
    {
        var requester = await RequesterAsync();
        var decisions = bundle.List("decisions");
        BundleFault.Unless(decisions.All(decision => decision.Text("verdict") != nameof(Verdict.Deny)), "Somebody denied the request.");
        var stages = Workflow.List("stages");
        HashSet<(string, string)> people = [(requester.Issuer, requester.Subject)];
        HashSet<string> used = [requester.Sha256];
        var counts = new int[stages.Count];
        List<string> names = [];
        foreach (var decision in decisions.Where(decision => decision.TextOrNull("person") is not null))
        {
            var person = decision.Text("person");
            var token = await tokens.VerifyAsync(decision.ObjectOrNull("proof"), ActKind.ApproveRequest, person);
            var act = decision.Object("proof", "act");
            BundleFault.Unless(act.Text("subject") == bundle.Text("request", "id") && act.Number("version") == bundle.Number("request", "version") && JsonNode.DeepEquals(Without(act), Without(Act)), "Something else was approved than what was asked.");
            BundleFault.Unless(act.Text("content", "rules") == RulesDigest, "Other rules were approved than those of the bundle.");
            BundleFault.Unless(act.Number("content", "stage") == decision.Number("stage") && act.Text("content", "comment") == decision.Text("comment"), "The decision says something else than its proof.");
            BundleFault.Unless(people.Add((token.Issuer, token.Subject)), "One person counts twice, or the requester among the approvers.");
            BundleFault.Unless(used.Add(token.Sha256), "One token is used twice.");
            var stage = (int)decision.Number("stage");
            BundleFault.Unless(stage >= 0 && stage < stages.Count && Allowed(token.Groups, stages[stage].Texts("approvers")), "An approver's token has no group that decides this stage.");
            counts[stage]++;
            names.Add(Name(person));
        }
        for (var stage = 0; stage < stages.Count; stage++)
            BundleFault.Unless(counts[stage] >= Math.Max(1, stages[stage].Number("approvals")), $"Stage {stage + 1} does not have its approvals.");
        BundleFault.Unless(stages.Count > 0 || bundle.Number("request", "version") == 1, "Nobody decides under this workflow, and the role became wider.");
        return names.Count == 0 ? "None is wanted by the workflow." : $"By {string.Join(", ", names)}.";
    }

    /// <summary>That the ledger has the proofs by their hashes, and the grant's life as the bundle says.</summary>
    public async Task<string> LedgerAsync()
    {
        var hashes = BundleLedger.Of(bundle, LedgerActs.RequestSubmitted).Select(entry => entry.Content.TextOrNull("proof", "tokenSha256")).ToList();
        BundleFault.Unless(hashes.Contains((await RequesterAsync()).Sha256), "The ledger does not say that this request was submitted with this token.");
        var approved = BundleLedger.Of(bundle, LedgerActs.RequestApproved).Select(entry => entry.Content.TextOrNull("proof", "tokenSha256")).ToList();
        foreach (var decision in bundle.List("decisions").Where(decision => decision.TextOrNull("person") is not null && decision.Text("verdict") == nameof(Verdict.Approve)))
            BundleFault.Unless(approved.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(decision.Text("proof", "token"))))), "The ledger does not say that this approval was given with this token.");

        var grant = bundle.Object("grant");
        var active = BundleLedger.Of(bundle, LedgerActs.GrantActive);
        if (grant.TextOrNull("usableAt") is { } usable)
        {
            BundleFault.Unless(active.Count == 1 && active[0].Content.Text("usableAt") == usable && active[0].Content.Text("endsAt") == grant.Text("endsAt") && active[0].Content.Text("uid") == grant.Text("bindingUid"), "The ledger says something else about when it was usable.");
            BundleFault.Unless(CanonicalTime.Read(grant.Text("endsAt")) <= CanonicalTime.Read(usable) + TimeSpan.FromSeconds(Act.Number("content", "durationSeconds")), "It was to end later than was approved.");
        }
        else BundleFault.Unless(active.Count == 0, "The ledger says that it was usable, and the bundle that it was not.");
        return End(grant);
    }

    private string End(JsonObject grant)
    {
        var (status, over) = (grant.Text("status"), grant.TextOrNull("endedAt") is not null);
        var act = status == nameof(GrantStatus.Failed) ? LedgerActs.GrantFailed : LedgerActs.GrantEnded;
        var ends = BundleLedger.Of(bundle, LedgerActs.GrantEnded).Concat(BundleLedger.Of(bundle, LedgerActs.GrantFailed)).ToList();
        if (!over)
        {
            BundleFault.Unless(ends.Count == 0, "The ledger says that it is over, and the bundle that it is not.");
            return $"{status}: it was not over when the bundle was made.";
        }
        BundleFault.Unless(ends is [var end] && end.Entry.Text("act") == act && end.Content.TextOrNull(status == nameof(GrantStatus.Failed) ? "failure" : "reason") == grant.TextOrNull(status == nameof(GrantStatus.Failed) ? "failureReason" : "endReason"), "The ledger says something else about its end.");
        return $"{grant.TextOrNull("endReason") ?? grant.TextOrNull("failureReason")}, recorded on {ends[0].Entry.Text("time")}: {(ends[0].Content["proof"] as JsonValue)?.ToString() ?? "it had not begun"}.";
    }

    private string RulesDigest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bundle.Text("request", "rules"))));

    private static JsonObject Without(JsonObject act)
    {
        var content = (JsonObject)act.Object("content").DeepClone();
        foreach (var name in OfApprovals) content.Remove(name);
        return content;
    }

    private static bool Allowed(IReadOnlyList<string>? groups, IReadOnlyList<string> wanted) => groups is not null && groups.Intersect(wanted, StringComparer.Ordinal).Any();

    private static bool Flag(JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : throw new BundleFault($"{path[^1]} is missing.");

    private string Name(string person) => bundle.List("people").FirstOrDefault(one => one.Text("id") == person) is { } known ? $"{known.Text("name")} ({known.Text("subject")})" : person;
}
