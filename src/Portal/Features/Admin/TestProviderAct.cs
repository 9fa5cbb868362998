using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Components;
using Lapse.Portal.Features.StepUp;

namespace Lapse.Portal.Features.Admin;

/// <summary>
/// The act “I test the provider with these settings”, in either round. The first is done once every rule of a step-up held and the
/// token says that an admin came; the second is never done, since whoever is confirmed in it was not asked for the second factor.
/// </summary>
[UseCase]
public sealed class TestProviderAct(PortalGroups groups, ProviderOptions options, ProviderGate gate, TimeProvider clock) : IStepUpActHandler
{
    private static readonly Refusal Over = new("TestOver", "This test of the identity provider is over, or took too long. Begin it again.", PortalPaths.AdminProvider);

    /// <inheritdoc/>
    public ActKind Kind => ActKind.TestProvider;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var settings = options.Settings();
        var act = StepUpActs.TestProvider(settings, challenge.SubjectId, challenge.PersonId, challenge.SubjectVersion);
        List<(string, string)> details = [("Issuer", settings.Issuer), ("Client", settings.ClientId), ("Profile", settings.Profile)];
        if (challenge.SubjectVersion == ProviderTest.FirstRound) return new NamedAct(act, "Test the identity provider: first round, with your second factor", null, details);
        var run = await ProviderTestRun.FindAsync(db, challenge.PersonId, challenge.SessionId, challenge.SubjectId, clock.GetUtcNow(), cancellation);
        if (run is null || run.Stage == ProviderTestStage.None) return Over;
        return new NamedAct(act, "Test the identity provider: second round, without your second factor", null, details,
            "Give your password if you are asked for it. Where you are asked for the second factor, give a wrong one or none; then cancel there, or come back with your browser's Back button. If you are let through, the test has failed"
            + (gate.NeedsNoTest ? "." : ", and nobody can confirm anything until one passes."));
    }

    /// <inheritdoc/>
    public Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        if (!groups.IsAdmin(proof.Groups)) return Task.FromResult<Outcome<string>>(TestProvider.NotAnAdmin);
        return Task.FromResult<Outcome<string>>(challenge.SubjectVersion == ProviderTest.FirstRound
            ? PortalPaths.AdminProvider
            : new Refusal(ProviderTest.ConfirmedWithoutFactor,
                $"The identity provider confirmed you in the second round: {Factor(proof)}, signed in at {proof.AuthenticatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. If you gave your second factor, run the test again without it. If you did not, the provider confirms people whom it has not asked: look for remembered devices and sessions there."));
    }

    /// <inheritdoc/>
    public void Refused(PortalDbContext db, StepUpChallenge challenge, Refusal refusal)
    {
        // In the second round a refusal is what is wanted, and one without a word about the provider shows nothing.
        if (challenge.SubjectVersion == ProviderTest.FirstRound || refusal.Code == ProviderTest.ConfirmedWithoutFactor) gate.Fail(db, challenge.PersonId, challenge.SubjectVersion, refusal);
    }

    private static string Factor(StepUpProof proof) =>
        string.Join(", ", new[] { proof.Acr is null ? null : $"acr “{proof.Acr}”", proof.Amr.Length == 0 ? null : $"amr “{string.Join(' ', proof.Amr)}”" }.OfType<string>());
}
