using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What the audit's pages answer from the newest snapshot, for whom; and what leaves as a file.</summary>
public sealed class RbacQuestionsTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private static readonly PolicyRule ReadSecrets = new() { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"] };

    private RbacWorld _rbac = null!;
    private RbacIndexes _indexes = null!;
    private readonly RbacAnswers _answers = new(new RbacOptions());

    private WhoCanQuery WhoCan => new(Database, _indexes, Guard, Clock);

    private RbacSubjectQuery Subjects => new(Database, _indexes, _answers, Guard, Clock);

    private RbacPathsQuery Paths => new(Database, _indexes, _answers, Guard, Clock);

    private RbacMatrixQuery Matrix => new(Database, _indexes, _answers, Guard, Clock);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock);
        _indexes = new(Database, _rbac.Snapshots);
        foreach (var space in new[] { "kube-system", "ci", "shop" }) _rbac.Put(new NamespaceObject { Name = space });
        _rbac.Put(new ServiceAccountObject { Name = "deployer", Namespace = "ci" });
        _rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Role("secrets", "", ReadSecrets));
        _rbac.Put(RbacWorld.Role("one-secret", "", ReadSecrets with { ResourceNames = ["db"] }));
        _rbac.Put(RbacWorld.Binding("ci", "", "everything", RbacWorld.Account("ci", "deployer")));
        _rbac.Put(RbacWorld.Binding("shop-readers", "shop", "secrets", new BindingSubject("Group", "oidc:shop")));
        _rbac.Put(RbacWorld.Binding("by-name", "shop", "one-secret", new BindingSubject("User", "oidc:anna")));
        _rbac.Put(RbacWorld.Binding("gone", "shop", "no-such-role", new BindingSubject("User", "oidc:anna")));
        await _rbac.LookAsync();
    }

    [Fact]
    public async Task Questions_ByEveryWrongPerson_AreRefused()
    {
        foreach (var wrong in new[] { World.Alice, World.Bob, World.Mallory, await SignInAgainAsync(World.Dana, "developers") })
        {
            foreach (var refusal in await AskAllAsync(wrong)) Assert.Equal("AuditDenied", refusal?.Code);
        }
        foreach (var nobody in await NobodyAsync())
        {
            foreach (var refusal in await AskAllAsync(nobody)) Assert.Contains(refusal?.Code, new[] { "SignInAgain", "Disabled" });
        }
        foreach (var reader in new[] { World.Dana, World.Sam })
        {
            foreach (var refusal in await AskAllAsync(reader)) Assert.Null(refusal);
        }
    }

    [Fact]
    public async Task WhoCan_InANamespace_SaysThroughWhat()
    {
        var answer = (await AskAsync("get", "secrets", "shop")).Answer!;

        Assert.Equal("get secrets in shop", answer.Question);
        Assert.Equal(["Group oidc:shop", "ServiceAccount ci/deployer"], answer.Holders.Select(holder => holder.Subject.ToString()));
        var via = Assert.Single(answer.Holders[0].Via);
        Assert.Equal(("shop", "RoleBinding shop/shop-readers", "ClusterRole secrets", 1, "core: secrets → get"), (via.Where, via.Binding, via.Role, via.Rule, via.Line));
        Assert.Equal("its members are not visible here", answer.Holders[0].Note);
        Assert.Equal("User oidc:anna", Assert.Single(answer.ByName).Subject.ToString());
        Assert.Contains(answer.Notes, note => note.Contains("system:masters", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhoCan_AsTyped_IsUnderstood()
    {
        (string Verb, string Resource, string Namespace, string Name, string Who)[] cases =
        [
            ("get", "secrets", "kube-system", "", "ServiceAccount ci/deployer"),
            ("get", "secrets", "", "", "Group oidc:shop, ServiceAccount ci/deployer"),
            ("get", "secrets", "shop", "db", "User oidc:anna, Group oidc:shop, ServiceAccount ci/deployer"),
            ("get", "Pod", "", "", "ServiceAccount ci/deployer"),
            ("create", "deployments.apps/scale", "", "", "ServiceAccount ci/deployer"),
            ("get", "/metrics", "", "", ""),
        ];
        foreach (var (verb, resource, space, name, who) in cases)
            Assert.Equal((resource, who), (resource, string.Join(", ", (await AskAsync(verb, resource, space, name)).Answer!.Holders.Select(holder => holder.Subject))));
    }

    [Fact]
    public async Task WhoCan_HalfAQuestion_CompletesOnly()
    {
        foreach (var (verb, resource) in new[] { ("", "secrets"), ("get", "") })
        {
            var view = await AskAsync(verb, resource);

            Assert.Null(view.Answer);
            Assert.Contains("get", view.Verbs);
            Assert.Contains("pods", view.Resources);
            Assert.Equal(["ci", "kube-system", "shop"], view.Namespaces);
        }
    }

    [Fact]
    public async Task WhoCan_WhatMustBeKnown_IsSaid()
    {
        (string Verb, string Resource, string Namespace, string Name, string Note)[] cases =
            [("get", "widgets", "", "", "serves no widgets"), ("create", "pods", "nowhere", "", "no namespace nowhere"), ("create", "pods", "shop", "x", "carries no name")];
        foreach (var (verb, resource, space, name, note) in cases)
            Assert.Contains((await AskAsync(verb, resource, space, name)).Answer!.Notes, said => said.Contains(note, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhoCan_WhatCouldNotBeRead_IsSaid()
    {
        _rbac.Unread.Add("RoleBinding");
        _rbac.Gaps.Add(new Gap("rolebindings", "Lapse wants a rule."));
        await _rbac.LookAsync();

        var answer = (await AskAsync("get", "secrets", "shop")).Answer!;
        Assert.Equal("ServiceAccount ci/deployer", Assert.Single(answer.Holders).Subject.ToString());
        Assert.Contains(answer.Notes, note => note.Contains("rolebindings could not be read", StringComparison.Ordinal));
        Assert.Equal(["rolebindings"], (await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", null, false), Cancellation)).Value.NotComplete);
    }

    [Fact]
    public async Task WhoCan_AfterAChange_AnswersFromTheNewSnapshot()
    {
        Assert.Equal(2, (await AskAsync("get", "secrets", "shop")).Answer!.Total);
        _rbac.Remove(RbacWorld.Binding("shop-readers", "shop", "secrets"));
        await _rbac.LookAsync();

        Assert.Equal(1, (await AskAsync("get", "secrets", "shop")).Answer!.Total);
    }

    [Fact]
    public async Task WhoCan_AnythingTyped_IsNoError()
    {
        foreach (var odd in new[] { "\0", new string('x', 5000), "a\nb", "/", ".", "*", "' OR 1=1", "../.." })
        {
            Assert.NotNull((await AskAsync(odd, odd, odd, odd)).Answer);
            Assert.Equal("SubjectUnknown", (await Subjects.AskAsync(World.Sam, new(World.Cluster.Name, odd, odd), Cancellation)).Refusal?.Code);
            Assert.Equal("ClusterUnknown", (await WhoCan.AskAsync(World.Sam, new(odd, "get", "pods", "", ""), Cancellation)).Refusal?.Code);
        }
    }

    [Fact]
    public async Task Subject_ServiceAccountThatIsAdmin_HasItsPathFindingsAndSince()
    {
        var first = Clock.Now;
        _rbac.Put(RbacWorld.Binding("late", "shop", "secrets", RbacWorld.Account("ci", "deployer")));
        await _rbac.LookAsync();
        var view = await SubjectAsync("serviceaccount", "ci/deployer");

        Assert.Equal(Subject.OfAccount("ci", "deployer"), view.Subject);
        Assert.Equal(["ClusterRoleBinding ci", "RoleBinding shop/late"], view.Rights.Select(right => right.Binding));
        Assert.Equal((true, first), (view.Rights[0].IsFromTheBeginning, view.Rights[0].Since!.Value));
        Assert.Equal((false, Clock.Now), (view.Rights[1].IsFromTheBeginning, view.Rights[1].Since!.Value));
        Assert.Equal("Can do everything in the whole cluster.", view.Rights[0].Abilities[0].Sentence);
        Assert.Contains(view.Findings, finding => finding.Check == Checks.ClusterAdmin.Id);
        Assert.Single(view.Paths[0].Steps);
    }

    [Fact]
    public async Task Subject_OfADanglingRole_HasNothingByIt()
    {
        var view = await SubjectAsync("user", "oidc:anna");

        var dangling = Assert.Single(view.Rights, right => !right.RoleIsThere);
        Assert.Equal(("RoleBinding shop/gone", "ClusterRole no-such-role", 0), (dangling.Binding, dangling.Role, dangling.Abilities.Count));
        Assert.Empty(view.Paths);
    }

    [Fact]
    public async Task Subject_UserThatNamesAServiceAccount_IsTheServiceAccount() =>
        Assert.Equal(Subject.OfAccount("ci", "deployer"), (await SubjectAsync("user", "system:serviceaccount:ci:deployer")).Subject);

    [Fact]
    public async Task Subject_NobodyKnows_HasNothing() => Assert.Empty((await SubjectAsync("user", "nobody@example.org")).Rights);

    [Fact]
    public async Task MatrixAndPaths_WhatEverybodyHas_IsSaidOfTheGroupAlone()
    {
        foreach (var name in new[] { "one", "two" }) _rbac.Put(new ServiceAccountObject { Name = name, Namespace = "shop" });
        _rbac.Put(RbacWorld.Role("pods", "", new PolicyRule { Verbs = ["create"], ApiGroups = [""], Resources = ["pods"] }));
        _rbac.Put(RbacWorld.Binding("everybody", "ci", "pods", new BindingSubject("Group", "system:authenticated")));
        _rbac.Put(RbacWorld.Binding("two-itself", "ci", "pods", RbacWorld.Account("shop", "two")));
        _rbac.Put(RbacWorld.Role("looks", "", RbacWorld.ReadPods));
        _rbac.Put(RbacWorld.Binding("one-looks", "shop", "looks", RbacWorld.Account("shop", "one")));
        await _rbac.LookAsync();

        var matrix = (await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", null, false), Cancellation)).Value;
        var rows = matrix.Rows.Select(row => row.Subject).ToList();
        Assert.Contains(Subject.OfGroup("system:authenticated"), rows);
        Assert.Contains(Subject.OfAccount("shop", "two"), rows);
        Assert.DoesNotContain(Subject.OfAccount("shop", "one"), rows);
        Assert.True(matrix.ByEverybody > 0);
        var paths = (await Paths.AskAsync(World.Sam, new(World.Cluster.Name, "", false, false), Cancellation)).Value;
        Assert.Contains(paths.Paths, path => path.From.Subject == Subject.OfGroup("system:authenticated"));
        Assert.DoesNotContain(paths.Paths, path => path.From.Subject == Subject.OfAccount("shop", "one"));
        Assert.True(paths.ByEverybody > 0);
        // Who is looked for is shown all the same.
        Assert.Single((await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "shop/one", null, false), Cancellation)).Value.Rows);
        Assert.Contains((await Paths.AskAsync(World.Sam, new(World.Cluster.Name, "shop/one", false, false), Cancellation)).Value.Paths, path => path.From.Subject == Subject.OfAccount("shop", "one"));
    }

    [Fact]
    public async Task Matrix_SaysAllAndSome()
    {
        var view = (await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", null, false), Cancellation)).Value;

        Assert.Equal("ServiceAccount ci/deployer", Assert.Single(view.Rows).Subject.ToString());
        Assert.All(view.Rows[0].Cells, cell => Assert.True(cell is { Whole: true, By: "ClusterRoleBinding ci" }));
        Assert.Equal(view.Places.Count, view.Rows[0].Cells.Count);
        // ci is as privileged here as it is for the findings: an administrator runs there.
        Assert.Equal([new("kube-system", null), new PrivilegedNamespace("ci", Subject.OfAccount("ci", "deployer"))], view.Namespaces);
        Assert.Equal(["Control of kube-system", "Control of ci"], view.Places.TakeLast(2));
        var within = (await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", null, false) { Namespace = "ci" }, Cancellation)).Value;
        Assert.Contains("Secrets of ci", within.Places);
        Assert.DoesNotContain(within.Places, place => place.Contains("kube-system", StringComparison.Ordinal));
        Assert.All(Assert.Single(within.Rows).Cells, cell => Assert.True(cell is { Whole: true }));
        Assert.Equal(view.Places, (await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", null, false) { Namespace = "nowhere" }, Cancellation)).Value.Places);
        Assert.Empty((await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "shop", null, false), Cancellation)).Value.Rows);
        Assert.Empty((await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "", SubjectKind.User, false), Cancellation)).Value.Rows);

        _rbac.Put(RbacWorld.Binding("by-name-everywhere", "", "one-secret", new BindingSubject("User", "oidc:anna")));
        await _rbac.LookAsync();
        var anna = Assert.Single((await Matrix.AskAsync(World.Sam, new(World.Cluster.Name, "ANNA", null, false), Cancellation)).Value.Rows);
        Assert.Contains(anna.Cells, cell => cell is { Whole: false });
        Assert.DoesNotContain(anna.Cells, cell => cell is { Whole: true });
    }

    [Fact]
    public async Task Paths_OfEverybody_AreSearchedByName()
    {
        var view = (await Paths.AskAsync(World.Sam, new(World.Cluster.Name, "", true, false), Cancellation)).Value;
        Assert.Equal("ServiceAccount ci/deployer", Assert.Single(view.Paths).From.ToString());
        Assert.DoesNotContain((await Paths.AskAsync(World.Sam, new(World.Cluster.Name, "shop", false, true), Cancellation)).Value.Paths, path => path.From.ToString().Contains("deployer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exports_OfWhatIsFiltered_ForReadersAlone()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new RbacExportQuery(Database, Guard, Clock));
        builder.Services.AddAuthentication("header").AddScheme<AuthenticationSchemeOptions, HeaderSignIn>("header", null);
        builder.Services.AddAuthorization();
        await using var host = builder.Build();
        host.UseAuthentication();
        host.UseAuthorization();
        host.MapRbacExport();
        await host.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new(host.Urls.Single()) };
        async Task<(HttpStatusCode Status, string Text)> GetAsync(string format, Actor? actor, string query = "", string? cluster = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, RbacExportEndpoints.Address(cluster ?? World.Cluster.Name, format) + query);
            if (actor is not null) request.Headers.Add("X-Actor", $"{actor.PersonId} {actor.SessionId}");
            using var response = await client.SendAsync(request, Cancellation);
            if (response.IsSuccessStatusCode) Assert.StartsWith($"lapse-rbac-{World.Cluster.Name}-", response.Content.Headers.ContentDisposition?.FileName?.Trim('"'), StringComparison.Ordinal);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        }

        foreach (var format in new[] { "csv", "json", "sarif" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(format, null)).Status);
            var (status, text) = await GetAsync(format, World.Alice);
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.DoesNotContain("deployer", text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(format, World.Sam, cluster: "no-such")).Status);
            Assert.Contains("deployer", (await GetAsync(format, World.Dana)).Text, StringComparison.Ordinal);
        }

        var csv = (await GetAsync("csv", World.Sam, "?severity=critical&subject=ServiceAccount%20ci/deployer")).Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(FindingCsv.Header.TrimEnd(), csv[0]);
        Assert.All(csv[1..], line => Assert.Contains(",critical,ServiceAccount ci/deployer,", line, StringComparison.Ordinal));
        using var json = JsonDocument.Parse((await GetAsync("json", World.Sam, "?check=LR001")).Text);
        Assert.Equal("LR001", Assert.Single(json.RootElement.GetProperty("findings").EnumerateArray()).GetProperty("id").GetString());
        Assert.NotEmpty(json.RootElement.GetProperty("notEvaluated").EnumerateArray());
        using var sarif = JsonDocument.Parse((await GetAsync("sarif", World.Sam)).Text);
        var run = sarif.RootElement.GetProperty("runs")[0];
        foreach (var result in run.GetProperty("results").EnumerateArray())
            Assert.Equal(result.GetProperty("ruleId").GetString(), run.GetProperty("tool").GetProperty("driver").GetProperty("rules")[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
    }

    private async Task<WhoCanView> AskAsync(string verb, string resource, string space = "", string name = "") =>
        (await WhoCan.AskAsync(World.Sam, new(World.Cluster.Name, verb, resource, space, name), Cancellation)).Value;

    private async Task<RbacSubjectView> SubjectAsync(string kind, string name) => (await Subjects.AskAsync(World.Sam, new(World.Cluster.Name, kind, name), Cancellation)).Value;

    private async Task<IReadOnlyList<Refusal?>> AskAllAsync(Actor actor) =>
    [
        (await WhoCan.AskAsync(actor, new(World.Cluster.Name, "get", "secrets", "", ""), Cancellation)).Refusal,
        (await Subjects.AskAsync(actor, new(World.Cluster.Name, "user", "oidc:anna"), Cancellation)).Refusal,
        (await Matrix.AskAsync(actor, new(World.Cluster.Name, "", null, false), Cancellation)).Refusal,
        (await Paths.AskAsync(actor, new(World.Cluster.Name, "", false, false), Cancellation)).Refusal,
        (await new RbacExportQuery(Database, Guard, Clock).AskAsync(actor, World.Cluster.Name, FindingFilter.None, Cancellation)).Refusal,
    ];

    // Stands for the cookie: two ids, and nothing that says what the person may do.
    private sealed class HeaderSignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers["X-Actor"].ToString().Split(' ') is not [var person, var session]) return Task.FromResult(AuthenticateResult.NoResult());
            var identity = new ClaimsIdentity([new(Actor.PersonClaim, person), new(Actor.SessionClaim, session)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new(new(identity), Scheme.Name)));
        }
    }
}
