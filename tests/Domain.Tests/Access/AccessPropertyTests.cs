using CsCheck;
using Lapse.Domain.Access;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

/// <summary>
/// Random people do random things in random order, each by the rules and the entity as a use case does (and sometimes by the
/// entity alone); whatever they do, nobody gets access without a complete approval.
/// </summary>
public class AccessPropertyTests
{
    private static readonly PersonId[] People = [Alice, Bob, Carol, Dana];
    private static readonly string[] Groups = ["developers", "sre", "guests"];

    private sealed record Step(string Move, int Person, string[]? Groups, int Stage, int VersionBack, int Minutes);

    private static readonly Gen<string[]> SomeGroups = Gen.OneOf(Groups).Array[0, 3];

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency(
            (1, Gen.Const("submit")), (8, Gen.Const("approve")), (2, Gen.Const("approve unchecked")), (1, Gen.Const("deny")),
            (1, Gen.Const("withdraw")), (1, Gen.Const("time out")), (1, Gen.Const("reopen"))),
        Gen.Int[0, 3],
        Gen.Frequency((6, SomeGroups.Select(g => (string[]?)g)), (1, SomeGroups.Select(_ => (string[]?)null))),
        Gen.Int[0, 2], Gen.Frequency((5, Gen.Const(0)), (1, Gen.Const(1))), Gen.Int[0, 60],
        (move, person, groups, stage, back, minutes) => new Step(move, person, groups, stage, back, minutes));

    private static readonly Gen<WorkflowVersion> Workflows = Gen.Select(Gen.OneOf("developers", "sre"), Gen.Int[1, 2], (group, count) => new ApprovalStage(group, [group], count))
        .Array[0, 2].Select(stages => WorkflowOf(stages));

    /// <summary>What happened, told by the test's own book, not by the entity.</summary>
    private sealed class Story(WorkflowVersion workflow)
    {
        private readonly List<Decision> _decisions = [];
        private readonly Dictionary<DecisionId, string[]?> _groups = [];
        private DateTimeOffset _now = Now;

        public AccessRequest Request { get; } = Draft(workflow);

        public bool Submitted { get; private set; }

        public int Version { get; private set; } = 1;

        public void Take(Step step)
        {
            _now += TimeSpan.FromMinutes(step.Minutes);
            var before = Everything(Request);
            try
            {
                Act(step);
            }
            catch (InvalidOperationException)
            {
                // A wrong move throws; what the property demands besides is that it changed nothing.
                Assert.Equal(before, Everything(Request));
            }
        }

        private void Act(Step step)
        {
            var person = People[step.Person];
            switch (step.Move)
            {
                case "submit":
                    Request.Submit(workflow, Proof(), _now);
                    Submitted = true;
                    return;
                case "approve":
                case "deny":
                    var current = _decisions.Where(d => d.RequestVersion == Request.Version);
                    if (DecisionRules.Check(Request, Entry(), workflow, current, person, step.Groups, "", _now) is not null) return;
                    Decide(DecisionOf(Request, person, step.Move == "deny" ? Verdict.Deny : Verdict.Approve, null, null, Proof()), step.Groups);
                    return;
                case "approve unchecked":
                    // Past the rules: a decision on any version and stage, by anybody of the right group. The entity stands alone here.
                    Decide(DecisionOf(Request, person, Verdict.Approve, step.Stage, Request.Version - step.VersionBack, Proof()),
                        step.Stage < workflow.Stages.Count ? [.. workflow.Stages[step.Stage].ApproverGroups] : null);
                    return;
                case "withdraw":
                    Request.Withdraw(_now);
                    return;
                case "time out":
                    Request.TimeOut(_now);
                    return;
                case "reopen":
                    Request.Reopen(WiderRules, workflow, _now);
                    Version++;
                    return;
            }
        }

        private void Decide(Decision decision, string[]? groups)
        {
            Request.Decided(decision, _decisions, workflow, _now);
            _decisions.Add(decision);
            _groups[decision.Id] = groups;
        }

        public bool IsComplete() => Submitted && Enumerable.Range(0, workflow.Stages.Count).All(stage =>
            _decisions.Where(d => d.RequestVersion == Version && d.Stage == stage && d.Verdict == Verdict.Approve && d.PersonId != Alice
                    && workflow.Stages[stage].MayBeDecidedBy(_groups[d.Id]))
                .Select(d => d.PersonId).Distinct().Count() >= workflow.Stages[stage].Approvals);

        public bool NobodyCountsTwice() => _decisions.GroupBy(d => (d.RequestVersion, d.PersonId)).All(g => g.Count() == 1);
    }

    [Fact]
    public void AnySequence_Approved_HasEachStageCompleteByDistinctPeopleForThisVersion() =>
        Gen.Select(Workflows, Steps.Array[1, 40]).Sample((workflow, steps) =>
        {
            var story = new Story(workflow);
            foreach (var step in steps)
            {
                story.Take(step);
                Assert.Equal(story.Version, story.Request.Version);
                Assert.True(story.NobodyCountsTwice());
                if (story.Request.Status == RequestStatus.Approved) Assert.True(story.IsComplete());
            }
            if (story.Request.Status != RequestStatus.Approved) Assert.Throws<InvalidOperationException>(() => Grant.Of(story.Request, TimeSpan.FromMinutes(15), Now));
        }, iter: 1_000);

    [Fact]
    public void AnySequence_OftenEnough_ReachesEveryState()
    {
        // Else the property above would hold because nothing ever happens. Some states are rare, so it goes on until each was there.
        (RequestStatus, int Stages)[] wanted = [.. Enum.GetValues<RequestStatus>().Select(status => (status, 2)), (RequestStatus.Approved, 0)];
        var reached = new System.Collections.Concurrent.ConcurrentDictionary<(RequestStatus, int Stages), byte>();
        for (var round = 0; round < 50 && !wanted.All(reached.ContainsKey); round++)
        {
            Gen.Select(Workflows, Steps.Array[1, 40]).Sample((workflow, steps) =>
            {
                var story = new Story(workflow);
                foreach (var step in steps)
                {
                    story.Take(step);
                    reached[(story.Request.Status, workflow.Stages.Count)] = 0;
                }
            }, iter: 500);
        }

        Assert.All(wanted, state => Assert.Contains(state, reached.Keys));
    }

    [Fact]
    public void AnySequence_Settled_StaysSettled() =>
        Gen.Select(Gen.OneOf(RequestStatus.Denied, RequestStatus.Withdrawn, RequestStatus.TimedOut), Gen.Int[0, 5].Array[1, 20]).Sample((status, moves) =>
        {
            var request = RequestIn(status);
            var workflow = WorkflowOf(Peers);
            foreach (var move in moves)
            {
                Assert.Throws<InvalidMoveException>(() =>
                {
                    if (move == 0) request.Submit(workflow, Proof(), Now);
                    if (move == 1) request.Decided(Approval(request, Carol), [], workflow, Now);
                    if (move == 2) request.Decided(Denial(request, Carol), [], workflow, Now);
                    if (move == 3) request.Withdraw(Now);
                    if (move == 4) request.TimeOut(Now);
                    if (move == 5) request.Reopen(WiderRules, workflow, Now);
                });
                Assert.Equal(status, request.Status);
            }
        }, iter: 100);
}
