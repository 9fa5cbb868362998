using CsCheck;
using Lapse.Domain.Access;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

/// <summary>The life of the keys that keep identical requests apart, alone and in every order of a chain of extensions.</summary>
public class OpenKeysTests
{
    private static readonly Domain.Workflows.WorkflowVersion Unattended = WorkflowOf();

    [Fact]
    public void Of_PlainRequestAndExtensions_AreAllDifferent()
    {
        var (plain, other) = (Asked(), Asked());
        string[] keys = [OpenKeys.Of(plain), OpenKeys.OfExtension(plain.Id), OpenKeys.OfExtension(other.Id)];

        Assert.Equal(3, keys.Distinct().Count());
        Assert.Equal(OpenKeys.Of(plain), OpenKeys.Of(other));
        Assert.Equal(OpenKeys.OfExtension(plain.Id), OpenKeys.Of(Asked(plain)));
    }

    [Fact]
    public void Close_WithAnOpenExtension_HandsItsKeyOver()
    {
        var plain = Submitted();
        var extension = Submitted(plain);
        var key = plain.OpenKey;

        plain.Close(extension);

        Assert.Equal((null, key), (plain.OpenKey, extension.OpenKey));
    }

    [Fact]
    public void Close_ExtensionBeforeWhatItExtends_LeavesTheChainWhole()
    {
        var plain = Submitted();
        var first = Submitted(plain);
        var second = Submitted(first);
        var (key, firstKey) = (plain.OpenKey, first.OpenKey);

        // The removal of the oldest hangs, so that the one in the middle is over first.
        first.Close(second);
        Assert.Equal((key, null, firstKey), (plain.OpenKey, first.OpenKey, second.OpenKey));
        plain.Close(second);

        Assert.Equal((null, key), (plain.OpenKey, second.OpenKey));
    }

    [Fact]
    public void Close_WithoutAKey_TakesNoneAway()
    {
        var plain = Submitted();
        var extension = Submitted(plain);
        var own = extension.OpenKey;
        plain.Close();

        plain.Close(extension);

        Assert.Equal(own, extension.OpenKey);
    }

    [Fact]
    public void Close_ForAnotherRequest_ThrowsAndChangesNothing()
    {
        var (plain, other) = (Submitted(), Submitted());
        var extension = Submitted(other);
        var (key, extensionKey) = (plain.OpenKey, extension.OpenKey);

        Assert.Throws<InvalidOperationException>(() => plain.Close(extension));
        Assert.Throws<InvalidOperationException>(() => plain.Close(other));

        Assert.Equal((key, extensionKey), (plain.OpenKey, extension.OpenKey));
    }

    /// <summary>
    /// Any order of asking, extending, denying and closing, with the database's unique index as the only judge of what may be
    /// open: no key twice, and while anything is open the key of what is asked for is held, so that no plain request slips in.
    /// </summary>
    [Fact]
    public void Keys_InAnyOrderOfSteps_AreHeldOnceAndNeverLost() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1000]).List[1, 60].Sample(steps =>
    {
        var key = OpenKeys.Of(Asked());
        List<AccessRequest> all = [];
        foreach (var (step, pick) in steps)
        {
            var open = all.FindAll(r => r.OpenKey is not null);
            var chosen = open.Count > 0 ? open[pick % open.Count] : null;
            switch (step)
            {
                case 0:
                    Submit(all, Asked());
                    break;
                // An access is only extended while it is live.
                case 1 when chosen?.Status == RequestStatus.Approved:
                    Submit(all, Asked(chosen));
                    break;
                case 2 when chosen?.Status == RequestStatus.AwaitingApproval:
                    if (pick % 2 == 0) chosen.Withdraw(Now);
                    else chosen.Decided(Approval(chosen, Bob), [], WorkflowOf(Peers), Now);
                    break;
                case 3 when chosen?.Status == RequestStatus.Approved:
                    chosen.Close(open.Find(r => r.OpenKey == OpenKeys.OfExtension(chosen.Id)));
                    break;
            }
            var held = all.Select(r => r.OpenKey).OfType<string>().ToList();
            Assert.Equal(held.Count, held.Distinct().Count());
            Assert.True(held.Count == 0 || held.Contains(key), "Something is open, and a plain request for the same would be let in.");
            // Whoever is extended by something open has not more than one such.
            Assert.All(all.Where(r => r.OpenKey is not null).GroupBy(r => r.ExtendsId).Where(g => g.Key is not null), g => Assert.Single(g));
        }
    });

    // As the unique index does: what holds the same key is not let in.
    private static void Submit(List<AccessRequest> all, AccessRequest request)
    {
        if (all.Exists(r => r.OpenKey == OpenKeys.Of(request))) return;
        request.Submit(WorkflowOf(Peers), Proof(), Now);
        all.Add(request);
    }

    private static AccessRequest Asked(AccessRequest? extends = null) => AccessRequest.Draft(Content, Entry(), WorkflowOf(Peers), Rules, Alice, "oidc:alice", Now, extends?.Id);

    private static AccessRequest Submitted(AccessRequest? extends = null)
    {
        var request = AccessRequest.Draft(Content, Entry(), Unattended, Rules, Alice, "oidc:alice", Now, extends?.Id);
        request.Submit(Unattended, Proof(), Now);
        return request;
    }
}
