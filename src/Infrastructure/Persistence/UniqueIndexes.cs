namespace Lapse.Infrastructure.Persistence;

/// <summary>Unique indexes whose violation is an expected outcome, by the name that PostgreSQL reports.</summary>
public static class UniqueIndexes
{
    /// <summary>The backstop of “no authentication counts twice”: person and time of authentication of a proof.</summary>
    public const string OncePerAuthentication = "ix_step_up_proofs_once_per_authentication";
}
