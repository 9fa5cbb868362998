using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Domain.Tests.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>
/// <see cref="Escalation"/> against the truth: somebody who holds exactly the old rules tries to make a role with the new
/// ones. <c>LAPSE_RBAC_SEED</c> repeats a run, <c>LAPSE_RBAC_PAIRS</c> makes a longer one.
/// </summary>
public sealed class EscalationTruthTests(ControlPlaneFixture controlPlane)
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const int EachOwner = 6;

    private static readonly PolicyRule MayCreateRoles = new() { Verbs = ["create"], ApiGroups = [Rbac], Resources = ["roles", "clusterroles"] };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Covers_RandomRules_IsWhatTheApiServerAcceptsFromWhoHoldsTheOldOnes()
    {
        var (seed, count) = (RbacPlace.Seed, RbacPlace.Number("LAPSE_RBAC_PAIRS", 600));
        await using var place = await RbacPlace.CreateAsync(controlPlane, 1, Cancellation);
        var random = new RandomRbac(seed, place.Prefix, place.Namespaces);
        Owner[] owners =
        [
            .. Enumerable.Range(0, count / EachOwner).Select(number =>
            {
                var clusterWide = random.Chance(2);
                return new Owner($"{place.Prefix}-owner{number}", clusterWide ? "" : place.Prefix, random.Rules(clusterWide));
            }),
        ];
        await place.PutAsync(
            [.. owners.Select(owner => new RoleObject { Namespace = owner.Namespace, Name = owner.Name, Rules = [.. owner.Rules, MayCreateRoles] })],
            [
                .. owners.Select(owner => new BindingObject
                {
                    Namespace = owner.Namespace,
                    Name = owner.Name,
                    Role = new(owner.Namespace.Length == 0 ? "ClusterRole" : "Role", owner.Name),
                    Subjects = [new("User", owner.Name)],
                }),
            ],
            Cancellation);
        var index = new RbacIndex(await place.ReadAsync(Cancellation));
        (Owner Owner, ImmutableArray<PolicyRule> Rules)[] pairs =
            [.. owners.SelectMany(owner => Enumerable.Range(0, EachOwner).Select(_ => (owner, random.Changed(owner.Rules, owner.Namespace.Length == 0))))];

        var accepted = 0;
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(pairs, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (pair, token) =>
        {
            var (owner, rules) = pair;
            var theirs = await MayCreateAsync(place.Client, owner, rules, token);
            if (theirs) Interlocked.Increment(ref accepted);
            if (Expected(index, owner, rules) != theirs)
                wrong.Add($"{Words(owner.Rules)} against {Words(rules)}: the API server says {theirs}");
        });

        Assert.True(wrong.IsEmpty, $"LAPSE_RBAC_SEED={seed} LAPSE_RBAC_PAIRS={count}: {wrong.Count} differences.\n{string.Join('\n', wrong.Take(20))}");
        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {pairs.Length} pairs, {accepted} accepted, no difference");
        Assert.InRange(accepted, pairs.Length / 10, pairs.Length * 9 / 10);
    }

    // Whoever may escalate is not asked what they have.
    private static bool Expected(RbacIndex index, Owner owner, ImmutableArray<PolicyRule> rules)
    {
        var who = Requester.Of(owner.Name);
        var escalates = index.Authorize(who, AccessQuestion.For("escalate", Rbac, owner.Namespace.Length == 0 ? "clusterroles" : "roles", namespaceName: owner.Namespace)).Allowed;
        // All that applies there: what the defaults give to everybody belongs to it.
        var held = index.WhatCan(who)
            .Where(holding => holding.Role is not null && (holding.Binding.IsClusterWide || holding.Binding.Namespace == owner.Namespace))
            .SelectMany(holding => holding.Role!.Rules);
        return escalates || Escalation.Uncovered(held, rules).Count == 0;
    }

    private static async Task<bool> MayCreateAsync(IKubernetes client, Owner owner, ImmutableArray<PolicyRule> rules, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, IReadOnlyList<string>> { ["Impersonate-User"] = [owner.Name] };
        var metadata = new V1ObjectMeta { GenerateName = $"{owner.Name}-" };
        V1PolicyRule[] written = [.. rules.Select(RbacPlace.Write)];
        try
        {
            // Nothing is kept of it: it is only checked.
            using var answer = owner.Namespace.Length == 0
                ? (IDisposable)await client.RbacAuthorizationV1.CreateClusterRoleWithHttpMessagesAsync(new() { Metadata = metadata, Rules = written }, dryRun: "All", customHeaders: headers, cancellationToken: cancellationToken)
                : await client.RbacAuthorizationV1.CreateNamespacedRoleWithHttpMessagesAsync(new() { Metadata = metadata, Rules = written }, owner.Namespace, dryRun: "All", customHeaders: headers, cancellationToken: cancellationToken);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Forbidden && e.Response.Content.Contains("not currently held", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private static string Words(ImmutableArray<PolicyRule> rules) => string.Join(" + ", rules.Select(rule =>
        $"[{string.Join(',', rule.Verbs)}|{string.Join(',', rule.ApiGroups)}|{string.Join(',', rule.Resources)}|{string.Join(',', rule.ResourceNames)}|{string.Join(',', rule.NonResourceUrls)}]"));

    private sealed record Owner(string Name, string Namespace, ImmutableArray<PolicyRule> Rules);
}
