using System.Collections.Immutable;
using CsCheck;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

/// <summary>What must hold of every state. That single answers are right is shown with a real API server.</summary>
public class RbacPropertyTests
{
    private static readonly Gen<int> Seed = Gen.Int[0, int.MaxValue];

    [Fact]
    public void WhoCan_AnyState_IsExactlyWhoIsAuthorized() => Seed.Sample(
        seed =>
        {
            var (random, index) = State(seed);
            var question = random.Question();
            var holders = index.WhoCan(question);
            var direct = holders.Where(holder => holder.Through is null).Select(holder => holder.Subject).ToHashSet();
            // Of a subject alone without the groups that everybody has, which are holders of their own.
            return index.Subjects().All(subject =>
                    direct.Contains(subject) == index.Authorize(subject.Kind == SubjectKind.Group ? Requester.Of(subject) : Requester.Exactly(subject.UserName, []), question).Allowed)
                && holders.All(holder => index.Authorize(Requester.Of(holder.Subject), question).Allowed);
        },
        iter: 100);

    [Fact]
    public void Reaches_AnyPlace_IsWhoCanDoOneOfItsThings() => Seed.Sample(
        seed =>
        {
            var (random, index) = State(seed);
            var place = new Place("x", [.. Enumerable.Range(0, 3).Select(_ => random.Question())]);
            var whole = index.Reaches([place]).SelectMany(who => who.Reached.Where(reached => reached.Through is null && reached.Whole).Select(_ => who.Subject)).ToHashSet();
            return whole.SetEquals(place.Questions.SelectMany(question => index.WhoCan(question)).Where(holder => holder.Through is null).Select(holder => holder.Subject));
        },
        iter: 100);

    [Fact]
    public void Between_AnyTwoStates_NothingIsGainedThatIsNotTold() => Seed.Sample(
        seed =>
        {
            var (random, before) = State(seed);
            var after = Changed(random, before.State);
            var told = AccessWidening.Between(before, after).Gains;
            return Enumerable.Range(0, 60).All(_ => IsTold(told, random, before, after));
        },
        iter: 100);

    [Fact]
    public void Of_AnyChangeOfOneObject_IsWhatIsBetweenTheStates() => Seed.Sample(
        seed =>
        {
            var (random, before) = State(seed);
            var changed = random.Chance(2)
                ? (RbacObject)Changed(random, before.Roles[0])
                : random.Bindings(1, before.State.Roles)[0] with { Name = before.Bindings[0].Name, Namespace = before.Bindings[0].Namespace };
            var (change, after) = changed switch
            {
                RoleObject role => (AccessWidening.Of(before, role), new RbacIndex(before.State with { Roles = before.State.Roles.Add(role) })),
                BindingObject binding => (AccessWidening.Of(before, binding), new RbacIndex(before.State with { Bindings = before.State.Bindings.Add(binding) })),
                _ => throw new InvalidOperationException(),
            };
            return change.Gains.Select(Words).SequenceEqual(AccessWidening.Between(before, after).Gains.Select(Words));
        },
        iter: 100);

    private static bool IsTold(ImmutableArray<Gain> told, RandomRbac random, RbacIndex before, RbacIndex after)
    {
        var (who, question) = (random.Requester(), random.Question());
        if (before.Authorize(who, question).Allowed || !after.Authorize(who, question).Allowed) return true;
        return told.Any(gain =>
            (gain.Subject.Kind == SubjectKind.Group ? who.Groups.Contains(gain.Subject.Name) : gain.Subject.UserName == who.Name)
            && (gain.Namespace.Length == 0 || gain.Namespace == question.Namespace)
            && gain.Atoms.Any(atom => Evaluator.Allows(atom, question)));
    }

    private static RbacIndex Changed(RandomRbac random, RbacState state) => new(state with
    {
        Roles = [.. state.Roles.Select(role => random.Chance(3) ? Changed(random, role) : role)],
        Bindings = [.. state.Bindings.Where(_ => !random.Chance(6)), .. random.Bindings(3, state.Roles)],
    });

    private static RoleObject Changed(RandomRbac random, RoleObject role) => role with { Rules = random.Changed(role.Rules, role.IsClusterRole) };

    private static (RandomRbac Random, RbacIndex Index) State(int seed)
    {
        var random = new RandomRbac(seed, "p", ["one", "two"]);
        var roles = random.Roles(15);
        return (random, new RbacIndex(new() { Roles = roles, Bindings = random.Bindings(25, roles) }));
    }

    private static string Words(Gain gain) => $"{gain.Binding.Reference} {gain.Subject} {string.Join(';', gain.Atoms.Select(Words))} {string.Join(';', gain.Unheld.Select(Words))}";

    private static string Words(PolicyRule atom) => $"{atom.Verbs[0]} {string.Join(",", atom.ApiGroups)} {string.Join(",", atom.Resources)} {string.Join(",", atom.ResourceNames)} {string.Join(",", atom.NonResourceUrls)}";
}
