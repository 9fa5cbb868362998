using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.JustInTime;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.StepUp;

/// <summary>Builds each act from the rows that it is about. The same code runs when the challenge is made, when it is answered and when the evidence is verified.</summary>
public static class StepUpActs
{
    /// <summary>“I ask for this.”</summary>
    /// <param name="request">The request in the version that is asked.</param>
    /// <param name="entry">Its pinned entry version.</param>
    /// <param name="workflow">Its pinned workflow version.</param>
    public static StepUpAct Submit(AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow)
    {
        // A request that was reopened keeps its requester's proof: that was about version 1, and what widened since is decided by the approvers.
        var content = Asked(request, entry, workflow);
        content["rules"] = request.AskedRulesDigest;
        return new(ActKind.SubmitRequest, request.Id.Value, 1, request.RequesterId, content);
    }

    /// <summary>“I approve exactly this.”</summary>
    /// <param name="request">The request in the version that is approved.</param>
    /// <param name="entry">Its pinned entry version.</param>
    /// <param name="workflow">Its pinned workflow version.</param>
    /// <param name="approver">Who approves.</param>
    /// <param name="stage">In which stage.</param>
    /// <param name="comment">What the approver says.</param>
    public static StepUpAct Approve(AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow, PersonId approver, int stage, string comment)
    {
        var content = Asked(request, entry, workflow);
        content["rules"] = RoleRules.Parse(request.PinnedRules).Digest();
        content["stage"] = stage;
        content["comment"] = comment;
        return new(ActKind.ApproveRequest, request.Id.Value, request.Version, approver, content);
    }

    /// <summary>“I want the configuration changed so.”</summary>
    public static StepUpAct Propose(ConfigurationChange change) => new(ActKind.ProposeChange, change.Id.Value, 1, change.AuthorId, Changed(change));

    /// <summary>“I confirm that change.”</summary>
    public static StepUpAct Confirm(ConfigurationChange change, PersonId confirmer) => new(ActKind.ConfirmChange, change.Id.Value, 1, confirmer, Changed(change));

    /// <summary>“I let this person in again.”</summary>
    /// <param name="person">A person who is disabled.</param>
    /// <param name="admin">Who lets them in.</param>
    public static StepUpAct Enable(Person person, PersonId admin) => new(ActKind.EnablePerson, person.Id.Value, 1, admin, new()
    {
        ["issuer"] = person.Issuer,
        ["subject"] = person.Subject,
        ["disabledAt"] = person.DisabledAt is { } at ? CanonicalTime.Text(at) : null,
    });

    /// <summary>“I end this hold.”</summary>
    /// <param name="hold">The hold.</param>
    /// <param name="admin">Who ends it.</param>
    public static StepUpAct EndHold(Hold hold, PersonId admin) => new(ActKind.EndHold, hold.Id.Value, 1, admin, new()
    {
        ["cause"] = hold.Cause.ToString(),
        ["why"] = hold.Why,
        ["begunAt"] = CanonicalTime.Text(hold.BegunAt),
        ["begunBy"] = hold.BegunBy,
        ["witness"] = hold.Witness,
    });

    /// <summary>“I make this standing binding again, exactly as it was reviewed.”</summary>
    /// <param name="removal">A binding that was removed.</param>
    /// <param name="admin">Who restores it.</param>
    public static StepUpAct Restore(StandingRemoval removal, PersonId admin) => new(ActKind.RestoreBinding, removal.Id.Value, 1, admin, new()
    {
        ["change"] = removal.ChangeId.ToString(),
        ["cluster"] = removal.ClusterId.ToString(),
        ["binding"] = removal.Reference,
        ["digest"] = removal.Digest,
    });

    /// <summary>“I test the provider with these settings.”</summary>
    /// <param name="settings">The settings as they are.</param>
    /// <param name="test">The test.</param>
    /// <param name="admin">Who tests.</param>
    /// <param name="round">Which of the two rounds (<see cref="ProviderTest"/>).</param>
    public static StepUpAct TestProvider(ProviderSettings settings, Guid test, PersonId admin, int round) => new(ActKind.TestProvider, test, round, admin, new JsonObject
    {
        ["settings"] = Convert.ToHexStringLower(settings.Digest),
        ["issuer"] = settings.Issuer,
        ["client"] = settings.ClientId,
        ["profile"] = settings.Profile,
        ["acr"] = new JsonArray([.. settings.Requirement.Acr.Select(a => (JsonNode)a)]),
        ["amr"] = new JsonArray([.. settings.Requirement.Amr.Select(a => (JsonNode)a)]),
        ["secondFactor"] = round == ProviderTest.FirstRound,
    });

    private static JsonObject Asked(AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow) => new()
    {
        ["requester"] = request.RequesterId.ToString(),
        ["cluster"] = request.ClusterId.ToString(),
        ["clusterUser"] = request.ClusterUserName,
        ["role"] = request.Role.ToString(),
        ["namespaces"] = new JsonArray([.. request.Namespaces.Select(n => (JsonNode)n)]),
        ["durationSeconds"] = request.Duration.TotalSeconds,
        ["start"] = request.WantedStart is { } start ? CanonicalTime.Text(start) : null,
        ["reason"] = request.Reason,
        ["ticket"] = request.Ticket,
        ["extends"] = request.ExtendsId?.ToString(),
        ["entry"] = Convert.ToHexStringLower(entry.Digest()),
        ["workflow"] = Convert.ToHexStringLower(workflow.Digest()),
    };

    private static JsonObject Changed(ConfigurationChange change) => new()
    {
        ["kind"] = change.Kind.ToString(),
        ["subject"] = change.SubjectId.ToString("D"),
        ["before"] = change.Before,
        ["after"] = change.After,
        ["needsSecondAdmin"] = change.NeedsSecondAdmin,
    };
}
