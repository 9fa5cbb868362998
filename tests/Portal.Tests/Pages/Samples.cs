using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Icons;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Tests.Pages;

/// <summary>Views as the queries would give them.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 19, 46, 0, TimeSpan.Zero);

    public static PersonFacts Alice { get; } = new(PersonId.From(Guid.NewGuid()), "Alice", "alice");

    public static PersonFacts Bob { get; } = new(PersonId.From(Guid.NewGuid()), "Bob", "bob");

    public static RoleFacts Edit { get; } = RoleFacts.Of(
        RoleRules.From([new PolicyRule { ApiGroups = [""], Resources = ["secrets", "pods/exec"], Verbs = ["get", "create"] }]).ToCanonicalJson(), ["payments-prod"], Now.AddMinutes(-2));

    /// <summary>A role that can make bindings and tokens, which outlive it.</summary>
    public static RoleFacts Minting { get; } = RoleFacts.Of(
        RoleRules.From([new PolicyRule { ApiGroups = ["", "rbac.authorization.k8s.io"], Resources = ["serviceaccounts/token", "rolebindings"], Verbs = ["create"] }]).ToCanonicalJson(), ["payments-prod"], Now.AddMinutes(-2));

    public static ClusterGlance Cluster(ClusterState state = ClusterState.Healthy, int? percent = null) =>
        new(ClusterId.From(Guid.NewGuid()), "Sandbox", state, "", percent, Now, Now);

    public static CatalogueItem Item(string title = "Edit payments", ClusterGlance? cluster = null, OpenRequest? open = null, Refusal? hindrance = null, RoleFacts? facts = null) => new(
        ElevatedRoleId.From(Guid.NewGuid()), title, "For rollbacks.", ClusterEnvironment.Production, new(RoleKind.ClusterRole, "edit"), ["payments-prod"],
        TimeSpan.FromHours(1), "1 approval by developers", facts ?? Edit, cluster ?? Cluster(), open, hindrance);

    public static NewRequestView NewRequest(IReadOnlyList<string>? namespaces = null, IReadOnlyList<AskedStage>? stages = null, Refusal? hindrance = null, OpenRequest? open = null, ExtensionFacts? extension = null) => new(
        ElevatedRoleId.From(Guid.NewGuid()), "Edit payments", ClusterEnvironment.Production, new(RoleKind.ClusterRole, "edit"), namespaces ?? ["payments-prod"],
        TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), false, Edit, Cluster(), stages ?? [Stage()], open, hindrance, extension);

    public static ExtensionFacts Extension(TimeSpan? duration = null) => new(AccessRequestId.From(Guid.NewGuid()), "edit in payments-prod", "OPS-9", duration ?? TimeSpan.FromMinutes(45), Now.AddMinutes(20));

    public static ExtensionLink Link(string word = "Active", bool mayOpen = true, DateTimeOffset? endsAt = null, bool endedOnPurpose = false) =>
        new(AccessRequestId.From(Guid.NewGuid()), mayOpen, new(word, Tone.Neutral, Glyphs.Clock), endsAt, endedOnPurpose);

    public static AskedStage Stage(int approvals = 1, params string[] people) => new("Peers", approvals, ["developers"], people.Length == 0 ? ["Bob", "Carol"] : people, false);

    public static GrantView Grant(GrantStatus status, string? ns = "payments-prod", EndReason? end = null, FailureReason? failure = null, string? error = null, bool overdue = false) => new(
        GrantId.From(Guid.NewGuid()), AccessRequestId.From(Guid.NewGuid()), "edit", ns, status, end, failure, Now.AddMinutes(-10), Now.AddMinutes(-10),
        status == GrantStatus.Active ? Now.AddMinutes(20) : null, Now.AddMinutes(-10), error, null, overdue);

    public static RequestRow Row(string title, StateLook state) => new(
        AccessRequestId.From(Guid.NewGuid()), title, "edit in payments-prod", ClusterEnvironment.Production, "Sandbox", Alice, state, Now.AddHours(-1), TimeSpan.FromMinutes(30));

    public static ThreadEvent Event(long key, PersonFacts? actor, string sentence, string? quote = null, params DetailLine[] details) =>
        new(key, Now.AddMinutes(-20 + key), actor, sentence, Tone.Accent, Glyphs.Shield, quote, "Proof of the second factor", details);

    public static RequestThreadView Thread(RequestStatus status, ThreadRights? rights = null, IReadOnlyList<GrantView>? grants = null, bool mine = true) => new()
    {
        Id = AccessRequestId.From(Guid.NewGuid()),
        Version = 1,
        Title = "Edit payments",
        EntryId = ElevatedRoleId.From(Guid.NewGuid()),
        Status = status,
        Requester = Alice,
        IsMine = mine,
        Environment = ClusterEnvironment.Production,
        Cluster = Cluster(),
        Role = new(RoleKind.ClusterRole, "edit"),
        Namespaces = ["payments-prod"],
        Facts = Edit,
        Duration = TimeSpan.FromMinutes(30),
        Reason = "<b>rollback</b> of 4711",
        Ticket = "OPS-1",
        ClusterUserName = "oidc:alice",
        Since = Now.AddMinutes(-20),
        ExpiresAt = Now.AddHours(7),
        Waiting = status == RequestStatus.AwaitingApproval ? Stage() : null,
        Grants = grants ?? [],
        Events = [Event(1, Alice, "asked for edit in payments-prod and confirmed it with a second factor.", "<b>rollback</b> of 4711", new("proof acr", "urn:mfa"), new("proof amr", "pwd, otp"))],
        Rights = rights ?? new(false, false, false, false, false, null),
        CheckLine = "auth can-i get pods",
    };
}
