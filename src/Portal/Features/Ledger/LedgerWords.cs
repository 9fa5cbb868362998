using Lapse.Domain.Ledger;

namespace Lapse.Portal.Features.Ledger;

/// <summary>The acts of the ledger for reading: in words, and in families that one filter can name.</summary>
public static class LedgerWords
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        [LedgerActs.SignedIn] = "signed in",
        [LedgerActs.SignedOut] = "signed out",
        [LedgerActs.PersonDisabled] = "disabled a person",
        [LedgerActs.PersonEnabled] = "enabled a person",
        [LedgerActs.RequestSubmitted] = "submitted a request",
        [LedgerActs.RequestApproved] = "approved a request",
        [LedgerActs.RequestApprovedByRule] = "approved a request by its workflow",
        [LedgerActs.RequestDenied] = "denied a request",
        [LedgerActs.RequestWithdrawn] = "withdrew a request",
        [LedgerActs.RequestTimedOut] = "let a request time out",
        [LedgerActs.RequestReopened] = "reopened a request: it is decided anew",
        [LedgerActs.StepUpProved] = "proved a step-up",
        [LedgerActs.StepUpRefused] = "was refused a step-up",
        [LedgerActs.ProviderTested] = "saw the identity provider pass its test",
        [LedgerActs.ProviderTestFailed] = "saw the identity provider fail its test",
        [LedgerActs.ProviderKeySeen] = "saw a new key of the identity provider",
        [LedgerActs.GrantScheduled] = "scheduled access",
        [LedgerActs.GrantPrepared] = "prepared a binding",
        [LedgerActs.GrantActive] = "verified access as usable",
        [LedgerActs.GrantRevoking] = "began to end access",
        [LedgerActs.GrantEnded] = "proved access gone",
        [LedgerActs.GrantFailed] = "gave access up as failed",
        [LedgerActs.GrantLookedAfter] = "looked for what an access left behind",
        [LedgerActs.Alert] = "raised an alert",
        [LedgerActs.ChangeProposed] = "proposed a change",
        [LedgerActs.ChangeApplied] = "put a change into force",
        [LedgerActs.ChangeWithdrawn] = "gave a change up",
        [LedgerActs.ChangeTimedOut] = "let a change time out",
        [LedgerActs.BindingRemoving] = "began to remove a standing binding",
        [LedgerActs.BindingRemoved] = "saw a standing binding gone",
        [LedgerActs.BindingChanged] = "left a standing binding alone: it is not the one that was reviewed",
        [LedgerActs.BindingKept] = "kept a standing binding",
        [LedgerActs.BindingRestoring] = "wanted a standing binding back",
        [LedgerActs.BindingRestored] = "restored a standing binding",
        [LedgerActs.BindingNotRestored] = "did not restore a standing binding",
        [LedgerActs.FindingAccepted] = "accepted a finding of the audit",
        [LedgerActs.AcceptanceWithdrawn] = "took back the acceptance of a finding",
        [LedgerActs.EmergencyEnded] = "ended all access in an emergency",
        [LedgerActs.HoldBegun] = "put provisioning on hold",
        [LedgerActs.HoldEnded] = "ended the hold",
        [LedgerActs.OperatorApplied] = "applied a configuration on the machine",
        [LedgerActs.OperatorRotatedKeys] = "rotated the keys on the machine",
    };

    /// <summary>The families of acts in the order of the filter, by the name in the address.</summary>
    public static IReadOnlyList<LedgerFamily> Families { get; } =
    [
        new("request", "Requests", Of("request.")),
        new("grant", "Access", Of("grant.")),
        new("step-up", "Step-ups", [.. Of("step-up."), .. Of("provider.")]),
        new("change", "Changes", [.. Of("change."), .. Of("operator.")]),
        new("finding", "Findings", Of("finding.")),
        new("binding", "Standing bindings", Of("binding.")),
        new("session", "Sign-ins", Of("session.")),
        new("person", "People", Of("person.")),
        new("alert", "Alerts", [LedgerActs.Alert, .. Of("hold."), .. Of("emergency.")]),
    ];

    /// <summary>An act in words after the name of who did it; an act that this version does not know, as written.</summary>
    public static string Of(LedgerRow row) => Words.GetValueOrDefault(row.Act, row.Act);

    /// <summary>The acts that a filter names: a family's, or the one itself.</summary>
    public static IReadOnlyList<string> Acts(string filter) => Families.FirstOrDefault(f => f.Name == filter)?.Acts ?? [filter];

    private static string[] Of(string prefix) => [.. Words.Keys.Where(act => act.StartsWith(prefix, StringComparison.Ordinal))];
}

/// <summary>Acts that belong together.</summary>
/// <param name="Name">Its name in an address.</param>
/// <param name="Label">Its word on a chip.</param>
/// <param name="Acts">The acts.</param>
public sealed record LedgerFamily(string Name, string Label, IReadOnlyList<string> Acts);
