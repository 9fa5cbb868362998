using Lapse.Domain;

namespace Lapse.Infrastructure.Persistence;

/// <summary>How the ledger names who acted.</summary>
public static class LedgerActor
{
    /// <summary>Lapse itself.</summary>
    public const string Lapse = "lapse";

    /// <summary>Somebody with the machine in hand.</summary>
    public const string Operator = "operator";

    /// <summary>A person.</summary>
    public static string Of(PersonId person) => $"person:{person}";
}

/// <summary>How the ledger, and the notice of a change, name what was acted on.</summary>
public static class LedgerSubject
{
    /// <summary>A person.</summary>
    public static string Of(PersonId id) => $"person:{id}";

    /// <summary>A sign-in session.</summary>
    public static string Of(SignInSessionId id) => $"session:{id}";

    /// <summary>An access request.</summary>
    public static string Of(AccessRequestId id) => $"request:{id}";

    /// <summary>A grant.</summary>
    public static string Of(GrantId id) => $"grant:{id}";

    /// <summary>A cluster.</summary>
    public static string Of(ClusterId id) => $"cluster:{id}";

    /// <summary>The RBAC audit of a cluster; only in the notice of a change.</summary>
    public static string RbacOf(ClusterId id) => $"rbac:{id}";

    /// <summary>A change of the configuration.</summary>
    public static string Of(ConfigurationChangeId id) => $"change:{id}";

    /// <summary>The removal of a standing binding.</summary>
    public static string Of(StandingRemovalId id) => $"removal:{id}";

    /// <summary>A step-up challenge.</summary>
    public static string Of(StepUpChallengeId id) => $"challenge:{id}";

    /// <summary>A hold.</summary>
    public static string Of(HoldId id) => $"hold:{id}";

    /// <summary>Everything that there is access to.</summary>
    public const string Everything = "everything";

    /// <summary>The identity provider.</summary>
    public const string Provider = "provider";
}
