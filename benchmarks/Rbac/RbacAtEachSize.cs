using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Benchmarks.Rbac;

/// <summary>
/// The questions of the RBAC audit over states from 100 to 100,000 bindings: time and memory of the index, of each kind of question, and how
/// they grow. At the size of a large cluster who-can has an aim.
/// </summary>
internal sealed class RbacAtEachSize : IScenario
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>The size with an aim: 10,000 bindings, 5,000 roles, 300 custom resources.</summary>
    private const int Large = 10_000;

    /// <summary>What is asked, the costly ones among them: what everybody has, what few have, a part, a name, a custom resource, a URL.</summary>
    internal static readonly ImmutableArray<AccessQuestion> Questions =
    [
        AccessQuestion.For("get", "", "secrets", namespaceName: "kube-system"),
        AccessQuestion.For("list", "", "secrets"),
        AccessQuestion.For("create", "", "pods/exec", namespaceName: "kube-system"),
        AccessQuestion.For("get", "", "pods", "web", "kube-system"),
        AccessQuestion.For("update", "operator7.example.com", "widgets7", namespaceName: "kube-system"),
        AccessQuestion.For("*", "*", "*"),
        AccessQuestion.ForUrl("get", "/metrics"),
    ];

    /// <inheritdoc/>
    public string Name => "sizes";

    /// <inheritdoc/>
    public Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        int[] sizes = bench.Quick ? [100, 400] : [100, 1000, Large, 100_000];
        Dictionary<string, double>? before = null;
        foreach (var size in sizes)
        {
            cancellation.ThrowIfCancellationRequested();
            Bench.Say($"  {size} bindings");
            var state = BigCluster.Of(size);
            var took = Measure(bench, state, table);
            foreach (var (what, milliseconds) in took)
            {
                // Ten times as many bindings; how many times as long.
                if (before is not null) table.Add(Figure.Note($"{what}, growth from {Words(size / (bench.Quick ? 4 : 10))} to {Words(size)} bindings", milliseconds / before[what], "x"));
            }

            before = took;
        }

        return Task.CompletedTask;
    }

    private static Dictionary<string, double> Measure(Bench bench, RbacState state, FigureTable table)
    {
        var size = state.Bindings.Length;
        var took = new Dictionary<string, double>();
        var start = GC.GetTotalMemory(forceFullCollection: true);
        var index = new RbacIndex(state);
        table.Add(Figure.Note($"memory of the index over the state, {Words(size)} bindings", (GC.GetTotalMemory(forceFullCollection: true) - start) / Megabyte, "MB"));
        Add("index", bench.Size(10, 2), () => new RbacIndex(state));

        var worst = Questions.Max(question => Time(bench.Size(20, 2), () => index.WhoCan(question)));
        took["who can"] = worst;
        var words = $"who can, the slowest of {Questions.Length} questions, p99, {Words(size)} bindings";
        table.Add(size == Large ? Figure.Most(words, worst, "ms", 200) : Figure.Note(words, worst, "ms"));
        Add("who can anywhere", bench.Size(20, 2), () => index.WhoCan(AccessQuestion.For("get", "", "secrets"), anywhere: true));

        // What one question leaves behind at its peak: it is to be bounded, whatever a role says * to.
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        index.WhoCan(Questions[0]);
        table.Add(Figure.Note($"allocated by one who can, {Words(size)} bindings", (GC.GetAllocatedBytesForCurrentThread() - allocated) / Megabyte, "MB"));

        var subjects = index.Subjects().Take(200).Select(Requester.Of).ToList();
        Add("what can, each of 200 subjects", bench.Size(5, 2), () => subjects.Sum(who => index.WhatCan(who).Length));
        Add("authorize, 200 subjects and each question", bench.Size(5, 2), () => subjects.Sum(who => Questions.Count(question => index.Authorize(who, question).Allowed)));
        Add("reaches, the usual places", bench.Size(5, 2), () => index.Reaches(Place.Usual(["kube-system"])));
        var role = index.Roles.First(one => one.IsClusterRole);
        Add("widening of a ClusterRole", bench.Size(20, 2), () => AccessWidening.Of(index, role with { Rules = [.. role.Rules, new() { Verbs = ["get"], ApiGroups = ["new"], Resources = ["news"] }] }));
        foreach (var (what, run) in Audits(index)) Add(what, bench.Size(3, 1), run);
        return took;

        void Add(string what, int runs, Func<object> run)
        {
            took[what] = Time(runs, run);
            table.Add(Figure.Note($"{what}, p99, {Words(size)} bindings", took[what], "ms"));
        }
    }

    /// <summary>What goes over the whole index at once: a full scan and a search of paths have their row here.</summary>
    private static IEnumerable<(string What, Func<object> Run)> Audits(RbacIndex index)
    {
        yield return ("full scan, every check", () => RbacAudit.Scan(index, new AuditSettings()));
        var paths = new AttackPaths(index);
        yield return ("graph of paths", () => new AttackPaths(index));
        yield return ("who becomes administrator, and how", () => paths.Reaching(PathTarget.ClusterAdmin));
        yield return ("changes since a state without the newest binding", () => AccessWidening.Between(new RbacIndex(index.State with { Bindings = index.State.Bindings[..^1] }), index));
    }

    private static double Time(int runs, Func<object> run)
    {
        // The first compiles.
        run();
        List<double> took = [];
        for (var i = 0; i < runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Percentiles.Of(took, 99);
    }

    private static string Words(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
