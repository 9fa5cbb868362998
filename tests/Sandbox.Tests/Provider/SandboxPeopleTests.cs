using Xunit;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>The people file.</summary>
public sealed class SandboxPeopleTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Write_ThenRead_GivesTheSamePeople()
    {
        SandboxPerson[] people = [People.Somebody("a", "b"), People.Somebody() with { Totp = null, OmitGroups = true }];

        SandboxPeople.Write(_file, people);
        var read = SandboxPeople.Read(_file);

        Assert.Equivalent(people, read, strict: true);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"userName":"a"}]""")]
    [InlineData("""[{"userName":"a","name":"A","email":"a@b","sub":"1","password":"a","totp":"not base32","groups":[]}]""")]
    public void Read_OfSomethingElse_SaysWhat(string text)
    {
        File.WriteAllText(_file, text);

        var e = Assert.Throws<InvalidDataException>(() => SandboxPeople.Read(_file));

        Assert.StartsWith(_file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfTheSameUserNameTwice_IsRefused()
    {
        var person = People.Somebody();

        Assert.Throws<InvalidDataException>(() => SandboxPeople.Write(_file, [person, person with { Sub = "other", UserName = person.UserName.ToUpperInvariant() }]));
    }
}
