using Lapse.Domain.People;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.People;

public class PersonTests
{
    [Fact]
    public void Seen_TokenWithoutGroups_MakesThemUnknownAgain()
    {
        var person = Person.FirstSeen("https://idp/", "s", "Alice", "alice", ["b", "a"], Now);
        Assert.Equal(["a", "b"], person.Groups!);

        person.Seen("Alice A.", "alice2", null, Now.AddHours(1));

        Assert.Null(person.Groups);
        Assert.Equal(("Alice A.", "alice2", Now.AddHours(1), "https://idp/", "s"), (person.Name, person.UserName, person.GroupsSeenAt, person.Issuer, person.Subject));
    }

    [Fact]
    public void Disable_Twice_KeepsTheFirstMomentUntilEnabled()
    {
        var person = Person.FirstSeen("i", "s", "n", "u", [], Now);
        person.Disable(Bob, "left", Now);
        person.Disable(Carol, "another reason", Now.AddHours(1));
        Assert.Equal((true, Now, Bob, "left"), (person.IsDisabled, person.DisabledAt!.Value, person.DisabledBy, person.DisabledWhy));

        person.Enable();
        Assert.Equal((false, null, null, ""), (person.IsDisabled, person.DisabledAt, person.DisabledBy, person.DisabledWhy));
    }

    [Fact]
    public void Disable_OwnAccount_Throws()
    {
        var person = Person.FirstSeen("i", "s", "n", "u", [], Now);

        Assert.Throws<InvalidOperationException>(() => person.Disable(person.Id, "", Now));
        Assert.False(person.IsDisabled);
    }

    [Fact]
    public void End_Twice_KeepsTheFirstMoment()
    {
        var session = SignInSession.Start(Alice, null, new Dictionary<string, string> { ["sub"] = "s" }, Now);
        Assert.Empty(session.Groups);

        session.End(Now);
        session.End(Now.AddHours(1));

        Assert.Equal(Now, session.EndedAt);
    }

    [Theory]
    [InlineData("lapse-admins", true, false)]
    [InlineData("lapse-auditors", false, true)]
    [InlineData("Lapse-Admins", false, false)]
    [InlineData("", false, false)]
    public void IsAdminIsAuditor_Groups_AreComparedExactly(string group, bool admin, bool auditor) =>
        Assert.Equal((admin, auditor), (new PortalGroups().IsAdmin([group]), new PortalGroups().IsAuditor([group])));

    [Fact]
    public void IsAdminIsAuditor_GroupsUnknown_IsNo() => Assert.Equal((false, false), (new PortalGroups().IsAdmin(null), new PortalGroups().IsAuditor(null)));
}
