namespace Lapse.Domain.Ledger;

/// <summary>The acts that the ledger knows, by the name that is stored.</summary>
public static class LedgerActs
{
    /// <summary>A person signed in.</summary>
    public const string SignedIn = "session.signed-in";

    /// <summary>A person signed out.</summary>
    public const string SignedOut = "session.signed-out";

    /// <summary>An admin shut a person out; what the person had ended with it.</summary>
    public const string PersonDisabled = "person.disabled";

    /// <summary>Another admin let a person in again.</summary>
    public const string PersonEnabled = "person.enabled";

    /// <summary>An admin ended all access of a person, in a cluster or everywhere.</summary>
    public const string EmergencyEnded = "emergency.ended";

    /// <summary>A request was submitted with its proof.</summary>
    public const string RequestSubmitted = "request.submitted";

    /// <summary>A person approved.</summary>
    public const string RequestApproved = "request.approved";

    /// <summary>A workflow's rule approved.</summary>
    public const string RequestApprovedByRule = "request.approved-by-rule";

    /// <summary>A person denied.</summary>
    public const string RequestDenied = "request.denied";

    /// <summary>The requester took it back.</summary>
    public const string RequestWithdrawn = "request.withdrawn";

    /// <summary>Nobody decided in time.</summary>
    public const string RequestTimedOut = "request.timed-out";

    /// <summary>The role became wider; the approvals are void.</summary>
    public const string RequestReopened = "request.reopened";

    /// <summary>A step-up was proved: the token's claims and hash.</summary>
    public const string StepUpProved = "step-up.proved";

    /// <summary>An admin saw the provider pass the self-test.</summary>
    public const string ProviderTested = "provider.tested";

    /// <summary>A self-test of the provider failed.</summary>
    public const string ProviderTestFailed = "provider.test-failed";

    /// <summary>A key of the provider was seen for the first time.</summary>
    public const string ProviderKeySeen = "provider.key-seen";

    /// <summary>A step-up was refused.</summary>
    public const string StepUpRefused = "step-up.refused";

    /// <summary>A grant was made by an approved request.</summary>
    public const string GrantScheduled = "grant.scheduled";

    /// <summary>A binding is about to be created.</summary>
    public const string GrantPrepared = "grant.prepared";

    /// <summary>The access was verified usable.</summary>
    public const string GrantActive = "grant.active";

    /// <summary>Ending began, with its reason.</summary>
    public const string GrantRevoking = "grant.revoking";

    /// <summary>The binding was proved gone.</summary>
    public const string GrantEnded = "grant.ended";

    /// <summary>The grant failed, and it was proved that nothing is left.</summary>
    public const string GrantFailed = "grant.failed";

    /// <summary>After the end it was looked for what had appeared in the cluster meanwhile.</summary>
    public const string GrantLookedAfter = "grant.looked-after";

    /// <summary>Something in a cluster is not as it must be.</summary>
    public const string Alert = "alert";

    /// <summary>An admin proposed a change.</summary>
    public const string ChangeProposed = "change.proposed";

    /// <summary>A change came into force.</summary>
    public const string ChangeApplied = "change.applied";

    /// <summary>A change was given up.</summary>
    public const string ChangeWithdrawn = "change.withdrawn";

    /// <summary>No second admin confirmed a change in time.</summary>
    public const string ChangeTimedOut = "change.timed-out";

    /// <summary>A standing binding is about to be deleted, as a reviewed change says.</summary>
    public const string BindingRemoving = "binding.removing";

    /// <summary>A standing binding was seen gone.</summary>
    public const string BindingRemoved = "binding.removed";

    /// <summary>A standing binding was left alone, because it is not the one that was reviewed.</summary>
    public const string BindingChanged = "binding.changed";

    /// <summary>An admin gave the removal of a standing binding up before it began.</summary>
    public const string BindingKept = "binding.kept";

    /// <summary>An admin proved that a removed standing binding shall be made again.</summary>
    public const string BindingRestoring = "binding.restoring";

    /// <summary>A removed standing binding is there again, exactly as it was reviewed.</summary>
    public const string BindingRestored = "binding.restored";

    /// <summary>A removed standing binding was not made again.</summary>
    public const string BindingNotRestored = "binding.not-restored";

    /// <summary>An admin accepted a finding of the audit until a day.</summary>
    public const string FindingAccepted = "finding.accepted";

    /// <summary>An admin took the acceptance of a finding back.</summary>
    public const string AcceptanceWithdrawn = "finding.acceptance-withdrawn";

    /// <summary>From now on Lapse ends access and starts none.</summary>
    public const string HoldBegun = "hold.begun";

    /// <summary>An admin ended a hold.</summary>
    public const string HoldEnded = "hold.ended";

    /// <summary>An operator applied a configuration on the machine.</summary>
    public const string OperatorApplied = "operator.applied";

    /// <summary>An operator exchanged the certificate of the key ring, or encrypted anew what is stored.</summary>
    public const string OperatorRotatedKeys = "operator.rotated-keys";
}
