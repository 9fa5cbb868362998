using System.Security.Cryptography;

namespace Lapse.Domain.StepUp;

/// <summary>A demand for fresh strong authentication, bound to one act of one person in one sign-in session.</summary>
public sealed class StepUpChallenge
{
    /// <summary>How long a person has from making the challenge to coming back.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>How long a verified proof waits for its last click.</summary>
    public static readonly TimeSpan ConfirmWithin = TimeSpan.FromMinutes(2);

    private StepUpChallenge() { }

    /// <summary>The id.</summary>
    public StepUpChallengeId Id { get; private set; }

    /// <summary>Who has to prove themselves.</summary>
    public PersonId PersonId { get; private set; }

    /// <summary>In which sign-in session; no other can start it or come back to it.</summary>
    public SignInSessionId SessionId { get; private set; }

    /// <summary>What kind of act.</summary>
    public ActKind Act { get; private set; }

    /// <summary>The id of the request or change.</summary>
    public Guid SubjectId { get; private set; }

    /// <summary>Its version.</summary>
    public int SubjectVersion { get; private set; }

    /// <summary>What the person typed for this act, such as the comment of an approval.</summary>
    public string Comment { get; private set; } = "";

    /// <summary>SHA-256 of the act's canonical content.</summary>
    public byte[] Digest { get; private set; } = [];

    /// <summary>32 random bytes.</summary>
    public byte[] Salt { get; private set; } = [];

    /// <summary>Whether one last click is wanted after the proof.</summary>
    public bool ConfirmAfter { get; private set; }

    /// <summary>The local page to land on afterwards.</summary>
    public string ReturnTo { get; private set; } = "/";

    /// <summary>When it was made; the provider must have authenticated the person after this.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Until when it can be answered.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>When the browser left for the provider; once only.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>When its proof was kept to wait for the last click.</summary>
    public DateTimeOffset? ProvedAt { get; private set; }

    /// <summary>When the act was done.</summary>
    public DateTimeOffset? ConsumedAt { get; private set; }

    /// <summary>When it was given up or refused, and nothing can come of it any more.</summary>
    public DateTimeOffset? AbandonedAt { get; private set; }

    /// <summary>The code of the refusal that ended it; <see langword="null"/> when none did.</summary>
    public string? RefusalCode { get; private set; }

    /// <summary>The words of that refusal, for the person.</summary>
    public string? RefusalMessage { get; private set; }

    /// <summary>The nonce that its token must carry.</summary>
    public string Nonce => StepUpNonce.Compute(Salt, Digest, CreatedAt);

    /// <summary>
    /// Makes a challenge that does not name its act yet: what rebuilds the act from the rows wants to know whose challenge about
    /// what it is. <see cref="Bind"/> comes next.
    /// </summary>
    /// <param name="demand">What is wanted.</param>
    /// <param name="person">Who has to prove themselves.</param>
    /// <param name="session">The sign-in session that asks.</param>
    /// <param name="now">When.</param>
    public static StepUpChallenge Draft(StepUpDemand demand, PersonId person, SignInSessionId session, DateTimeOffset now) => new()
    {
        Id = UuidId.New<StepUpChallengeId>(now),
        PersonId = person,
        SessionId = session,
        Act = demand.Kind,
        SubjectId = demand.SubjectId,
        SubjectVersion = demand.SubjectVersion,
        Comment = demand.Comment,
        Salt = StepUpNonce.NewSalt(),
        ConfirmAfter = demand.ConfirmAfter,
        ReturnTo = demand.ReturnTo,
        CreatedAt = now,
        ExpiresAt = now + Lifetime,
    };

    /// <summary>Binds it to the act as the rows have it at this moment.</summary>
    /// <returns><see langword="false"/> when the rows are about another version than the one that was asked for.</returns>
    /// <exception cref="ArgumentException">The act is another kind of act, of somebody else or about something else.</exception>
    public bool Bind(StepUpAct act)
    {
        if (act.Kind != Act || act.PersonId != PersonId || act.SubjectId != SubjectId) throw new ArgumentException("A challenge is bound to the act that it was made for.", nameof(act));
        Digest = act.Digest();
        return act.SubjectVersion == SubjectVersion;
    }

    /// <summary>Whether <paramref name="act"/>, rebuilt from the rows, is still exactly the act that this challenge was bound to.</summary>
    public bool IsFor(StepUpAct act) => act.SubjectVersion == SubjectVersion && CryptographicOperations.FixedTimeEquals(Digest, act.Digest());
}

/// <summary>What a page wants a step-up for.</summary>
/// <param name="Kind">What kind of act.</param>
/// <param name="SubjectId">The id of the request or change.</param>
/// <param name="SubjectVersion">Its version.</param>
/// <param name="Comment">What the person typed for it.</param>
/// <param name="ConfirmAfter">Whether one last click is wanted.</param>
/// <param name="ReturnTo">The local page to land on.</param>
public sealed record StepUpDemand(ActKind Kind, Guid SubjectId, int SubjectVersion, string Comment, bool ConfirmAfter, string ReturnTo);
