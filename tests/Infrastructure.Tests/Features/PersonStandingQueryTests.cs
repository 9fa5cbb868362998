using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kubernetes;
using Lapse.Infrastructure.Tests.Rbac;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.People;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;
using Xunit;
using BindingObject = Lapse.Domain.Rbac.State.BindingObject;
using BindingSubject = Lapse.Domain.Rbac.State.BindingSubject;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Whom among the people the clusters' standing bindings name, and who is told.</summary>
public sealed class PersonStandingQueryTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private RbacWorld _rbac = null!;

    private PersonStandingQuery Query => new(Database, new RbacIndexes(Database, _rbac.Snapshots), _rbac.Snapshots, new ClusterNames(new ProviderOptions()), Guard);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock);
        _rbac.Put(RbacWorld.Role("edit", "", RbacWorld.ReadPods));
        _rbac.Put(RbacWorld.Binding("alice-edit", "shop", "edit", new BindingSubject("User", "oidc:alice")));
        _rbac.Put(RbacWorld.Binding("everybody", "shop", "edit", new BindingSubject("Group", "system:authenticated"), new BindingSubject("User", "alice")));
        _rbac.Put(RbacWorld.Binding("peers", "shop", "edit", new BindingSubject("Group", "developers"), new BindingSubject("User", "oidc:alice")));
        _rbac.Put(RbacWorld.Binding("gone", "shop", "no-such-role", new BindingSubject("Group", "developers")));
    }

    [Fact]
    public async Task Standing_ByUserNameAndGroup_NamesEachWithItsBindings()
    {
        await _rbac.LookAsync();

        var one = Assert.Single((await AskAsync(World.Alice)).Clusters);

        Assert.Equal((World.Cluster.Name, World.Cluster.Title, ClusterEnvironment.Production), (one.Cluster, one.Title, one.Environment));
        Assert.Equal([new(Subject.OfUser("oidc:alice"), 2), new(Subject.OfGroup("developers"), 2)], one.Named);
        Assert.Empty(one.Unknown);
        Assert.Equal([new StandingName(Subject.OfGroup("developers"), 2)], Assert.Single((await AskAsync(World.Carol)).Clusters).Named);
        Assert.Empty(Assert.Single((await AskAsync(World.Sam)).Clusters).Named);
    }

    [Fact]
    public async Task Standing_WhatLapseGaveForATime_IsNone_ButForWhatOnlyLooksSo()
    {
        var spec = TestBindings.Spec("shop") with { Cluster = World.Cluster.Name, User = "oidc:carol", NotAfter = Start.AddDays(1) };
        _rbac.Put(Read(spec.ToObject(TestInstallation.BindingKey.Sign(spec))));
        await _rbac.LookAsync();
        Assert.DoesNotContain(Assert.Single((await AskAsync(World.Carol)).Clusters).Named, name => name.Subject == Subject.OfUser("oidc:carol"));

        var forged = TestBindings.Spec("shop") with { Cluster = World.Cluster.Name, User = "oidc:carol" };
        _rbac.Put(Read(forged.ToObject(forged.Sign())));
        await _rbac.LookAsync();
        Assert.Contains(new StandingName(Subject.OfUser("oidc:carol"), 1), Assert.Single((await AskAsync(World.Carol)).Clusters).Named);
    }

    [Fact]
    public async Task Standing_OfSomebodyShutOut_IsToldToo()
    {
        await _rbac.LookAsync();
        await Database.ExecuteAsOwnerAsync($"UPDATE people SET disabled_at = now() WHERE id = '{World.Alice.PersonId}'", Cancellation);

        Assert.NotEmpty(Assert.Single((await AskAsync(World.Alice)).Clusters).Named);
    }

    [Fact]
    public async Task Standing_WhatIsNotKnown_IsSaid()
    {
        Assert.Equal(["it has not been read yet"], Assert.Single((await AskAsync(World.Alice)).Clusters).Unknown);

        _rbac.Unread.Add("RoleBinding");
        _rbac.Gaps.Add(new Gap("rolebindings", "Lapse wants a rule."));
        await _rbac.LookAsync();
        Assert.Equal(["rolebindings could not be read"], Assert.Single((await AskAsync(World.Alice)).Clusters).Unknown);

        await Database.ExecuteAsOwnerAsync($"UPDATE clusters SET groups_claim = 'roles', user_name_claim = 'upn' WHERE id = '{World.Cluster.Id}'", Cancellation);
        var one = Assert.Single((await AskAsync(World.Alice)).Clusters);
        Assert.Empty(one.Named);
        Assert.Equal(["rolebindings could not be read", "their sign-in does not say what it calls them", "Lapse does not know which of its groups they are in"], one.Unknown);
    }

    [Fact]
    public async Task Standing_OfAClusterOutOfUse_IsNotAsked()
    {
        await _rbac.LookAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET retired_at = now()", Cancellation);

        Assert.Empty((await AskAsync(World.Alice)).Clusters);
    }

    [Fact]
    public async Task Standing_AskedByEverybodyElse_IsRefused()
    {
        await _rbac.LookAsync();
        foreach (var wrong in new[] { World.Alice, World.Sam, World.Mallory, await SignInAgainAsync(World.Dana, "developers") })
            Assert.Equal("NotAnAdmin", (await Query.AskAsync(wrong, new(World.Alice.PersonId), Cancellation)).Refusal?.Code);
        foreach (var nobody in await NobodyAsync())
            Assert.Contains((await Query.AskAsync(nobody, new(World.Alice.PersonId), Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
        Assert.Equal("PersonUnknown", (await Query.AskAsync(World.Dana, new(UuidId.New<PersonId>(Start)), Cancellation)).Refusal?.Code);
    }

    private async Task<PersonStandingView> AskAsync(Actor person) => (await Query.AskAsync(World.Dana, new(person.PersonId), Cancellation)).Value;

    private static BindingObject Read(Domain.Access.BindingObject made) => new()
    {
        Namespace = made.Namespace ?? "",
        Name = made.Name,
        Labels = RbacObject.NoTexts.AddRange(made.Labels),
        Annotations = RbacObject.NoTexts.AddRange(made.Annotations),
        Role = new(made.RoleRef.Kind, made.RoleRef.Name),
        Subjects = [.. made.Subjects.Select(subject => new BindingSubject(subject.Kind, subject.Name, subject.Namespace, subject.ApiGroup))],
    };
}
