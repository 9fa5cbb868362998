using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Tests.Pages;

public sealed class ThreadEventsTests
{
    [Theory]
    [InlineData("RoleBinding \"team/payments-prod\" of ClusterRole \"view\" to Group \"oidc:developers\"")]
    [InlineData(null)]
    public void Of_AccessThatWorks_SaysByWhatTheRequesterHadItAlready(string? by)
    {
        var content = new JsonObject { ["uid"] = "u", ["alreadyHadBy"] = by };
        var entry = LedgerEntry.After(0, LedgerEntry.Genesis, Samples.Now, "lapse", LedgerActs.GrantActive, "grant:1", Encoding.UTF8.GetBytes(content.ToJsonString()));

        var said = ThreadEvents.Of(entry, new Dictionary<Domain.PersonId, PersonFacts>(), "edit in payments-prod", null);

        Assert.Equal(by is not null, said.Sentence.EndsWith($" The requester already had this by {by}.", StringComparison.Ordinal));
        Assert.EndsWith(by is null ? "The clock runs." : ".", said.Sentence, StringComparison.Ordinal);
    }
}
