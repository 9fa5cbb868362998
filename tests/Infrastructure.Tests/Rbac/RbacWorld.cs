using System.Collections.Immutable;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>A cluster whose RBAC a test writes down, as if it had been read, and what is kept of it.</summary>
internal sealed class RbacWorld(TestDatabase database, Cluster cluster, OversightTest.SetClock clock, RbacOptions? options = null)
{
    public static readonly PolicyRule Everything = new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] };
    public static readonly PolicyRule ReadPods = new() { Verbs = ["get", "list"], ApiGroups = [""], Resources = ["pods"] };

    private readonly RbacOptions _options = options ?? new RbacOptions();
    private readonly List<RbacObject> _objects = [];

    public List<Gap> Gaps { get; } = [];

    public HashSet<string> Unread { get; } = [];

    /// <summary>The ServiceAccount that Lapse is there.</summary>
    public ServiceAccountToken? ReadAs { get; set; }

    public RbacSnapshots Snapshots { get; } = new(database, TestInstallation.BindingKey);

    public RbacCleanUp CleanUp => new(database, _options, clock);

    public RbacKeeper Keeper() => new(database, Snapshots, new ClusterAudit(database, TestInstallation.BindingKey, _options, clock), _options, clock);

    /// <summary>Puts an object there, or another one in its place.</summary>
    public void Put(RbacObject found)
    {
        Remove(found);
        _objects.Add(found.Uid.Length > 0 ? found : found with { Uid = Convert.ToHexStringLower(RbacObjectVersion.KeyOf(found.Kind, found.Namespace, found.Name).AsSpan(0, 16)), Created = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero) });
    }

    public void Remove(RbacObject found) => _objects.RemoveAll(one => one.Reference == found.Reference);

    /// <summary>What a look reads now.</summary>
    public RbacReading Read(bool workloads = true) => new(
        [.. _objects.Where(one => (workloads || one is not WorkloadObject) && !Unread.Contains(one.Kind))], Unread.ToHashSet(), [.. Gaps],
        workloads ? [new ServedResource("", "pods", "Pod", true, ["get", "list"]), new ServedResource("apps", "deployments/scale", "Scale", true, ["get"])] : null)
    { Account = ReadAs };

    /// <summary>A look that begins now.</summary>
    public async Task<Kept> LookAsync(bool workloads = true)
    {
        var began = await BeginAsync();
        return await Keeper().KeepAsync(cluster, Read(workloads), began, TestContext.Current.CancellationToken);
    }

    /// <summary>Notes that a look began.</summary>
    public async Task<DateTimeOffset> BeginAsync()
    {
        clock.Now += TimeSpan.FromMinutes(1);
        await using var db = database.CreateDbContext();
        if (await db.RbacLooks.SingleOrDefaultAsync(l => l.ClusterId == cluster.Id) is not { } look) db.RbacLooks.Add(look = new RbacLook { ClusterId = cluster.Id });
        look.TriedAt = clock.Now;
        await db.CommitAsync(TestContext.Current.CancellationToken);
        return clock.Now;
    }

    /// <summary>A state in one text, for comparing.</summary>
    public static string Say(RbacState state) => string.Join('\n',
        [.. state.Objects.Select(one => $"{one.Kind} {one.Uid} {one.Created:O} {RbacObjectJson.Write(one)}").Order(StringComparer.Ordinal), RbacObjectJson.WriteServed(state.Served), .. state.Gaps.Select(gap => gap.ToString())]);

    /// <summary>What would be read now, as a state in one text.</summary>
    public string Say() => Say(RbacStates.Of(Read().Objects, Read().Served!.Value, Gaps));

    public static RoleObject Role(string name, string space = "", params PolicyRule[] rules) => new() { Name = name, Namespace = space, Rules = [.. rules] };

    public static BindingObject Binding(string name, string space, string role, params BindingSubject[] subjects) =>
        new() { Name = name, Namespace = space, Role = new("ClusterRole", role), Subjects = [.. subjects] };

    public static BindingSubject Account(string space, string name) => new("ServiceAccount", name, space);
}
