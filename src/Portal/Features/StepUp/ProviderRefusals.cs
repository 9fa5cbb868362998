using Lapse.Domain;
using Lapse.Infrastructure.Oidc;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;

namespace Lapse.Portal.Features.StepUp;

/// <summary>What an untested provider means, said to whom it concerns.</summary>
internal static class ProviderRefusals
{
    /// <summary>The same refusal; an admin is told what to do, and where.</summary>
    public static Refusal For(Refusal refusal, CurrentPerson person) => refusal.Code == ProviderGate.NotTestedCode && person.IsAdmin
        ? refusal with { Message = "The identity provider has not passed its self-test with the settings as they are, so nothing can be confirmed yet. Test it, then come back.", Link = PortalPaths.AdminProvider }
        : refusal;
}
