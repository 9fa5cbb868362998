using System.Reflection;
using System.Text.RegularExpressions;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Tests.Architecture;

/// <summary>The rules of the house (docs/architecture.md) that a compiler does not check.</summary>
public partial class ArchitectureTests
{
    private static readonly string[] BaseLibrary = ["System.", "mscorlib", "netstandard"];

    [Fact]
    public void Domain_References_OnlyTheBaseLibrary() =>
        Assert.All(References(Assemblies.Domain), name => Assert.Contains(BaseLibrary, start => name.StartsWith(start, StringComparison.Ordinal)));

    [Fact]
    public void Infrastructure_References_DomainAndNotPortal()
    {
        var references = References(Assemblies.Infrastructure);

        Assert.Contains("Lapse.Domain", references);
        Assert.DoesNotContain("lapse", references);
        Assert.DoesNotContain(references, name => name.StartsWith("MudBlazor", StringComparison.Ordinal));
    }

    [Fact]
    public void Components_None_HoldsADbContext()
    {
        var components = Assemblies.Written(Assemblies.Portal).Where(type => typeof(IComponent).IsAssignableFrom(type)).ToList();

        Assert.NotEmpty(components);
        Assert.DoesNotContain(components, type => Assemblies.Properties(type).Any(p => IsContext(p.PropertyType)) || Assemblies.Fields(type).Any(f => IsContext(f.FieldType))
            || Assemblies.Constructors(type).Any(TakesContext));
    }

    [Fact]
    public void Portal_NoConstructor_TakesADbContext() =>
        Assert.DoesNotContain(Assemblies.Written(Assemblies.Portal), type => Assemblies.Constructors(type).Any(TakesContext));

    [Fact]
    public void UseCases_All_AreSealedAndLiveAmongTheFeatures()
    {
        var useCases = Assemblies.Written(Assemblies.Portal).Where(type => type.GetCustomAttribute<UseCaseAttribute>() is not null).ToList();

        Assert.NotEmpty(useCases);
        Assert.All(useCases, type => Assert.True(type.IsSealed && type.Namespace!.StartsWith("Lapse.Portal.Features", StringComparison.Ordinal), type.FullName));
    }

    [Fact]
    public void StaticState_None_CanBeChangedFromOutside() =>
        Assert.Empty(Assemblies.All.SelectMany(Assemblies.Written)
            .SelectMany(Assemblies.Fields).Where(f => f.IsStatic && !f.IsInitOnly && !f.IsLiteral && !f.IsPrivate)
            .Select(f => $"{f.DeclaringType}.{f.Name}")
            .Concat(Assemblies.All.SelectMany(Assemblies.Written).SelectMany(Assemblies.Properties)
                .Where(p => p.SetMethod is { IsStatic: true, IsPrivate: false }).Select(p => $"{p.DeclaringType}.{p.Name}")));

    [Fact]
    public void Model_EveryEnum_IsStoredAsText()
    {
        using var db = new PortalDbContext(new DbContextOptionsBuilder<PortalDbContext>().UseNpgsql("Host=unused").Options);
        var enums = db.Model.GetEntityTypes().SelectMany(entity => entity.GetFlattenedProperties())
            .Where(property => (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType).IsEnum).ToList();

        Assert.NotEmpty(enums);
        Assert.All(enums, property => Assert.Equal(typeof(string), property.GetTypeMapping().Converter?.ProviderClrType));
    }

    [Fact]
    public void Model_NoColumn_IsATimeWithoutItsZone()
    {
        using var db = new PortalDbContext(new DbContextOptionsBuilder<PortalDbContext>().UseNpgsql("Host=unused").Options);
        Assert.Empty(db.Model.GetEntityTypes().SelectMany(entity => entity.GetFlattenedProperties())
            .Where(property => IsDateTime(property.ClrType) || property.GetColumnType() == "timestamp without time zone").Select(property => $"{property.DeclaringType.Name}.{property.Name}"));
    }

    [Fact]
    public void Domain_PublicSurface_HasNoDateTime()
    {
        var all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        Assert.Empty(Assemblies.Written(Assemblies.Domain).SelectMany(type => type.GetMembers(all)).Where(member => member switch
        {
            PropertyInfo property => IsDateTime(property.PropertyType),
            FieldInfo field => IsDateTime(field.FieldType),
            MethodBase method => method.GetParameters().Any(p => IsDateTime(p.ParameterType)) || (method is MethodInfo { ReturnType: var type } && IsDateTime(type)),
            _ => false,
        }).Select(member => $"{member.DeclaringType}.{member.Name}"));
    }

    [Fact]
    public void Sources_None_ReadsTheClockPastTimeProvider()
    {
        var files = Assemblies.Sources().EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.Extension is ".cs" or ".razor")
            .Where(file => !file.FullName.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToList();

        Assert.True(files.Count > 100, "The sources were not found.");
        Assert.Empty(files.SelectMany(file => File.ReadLines(file.FullName)
            .Select((line, at) => (line, at: $"{file.Name}:{at + 1}")).Where(found => Clock().IsMatch(found.line)).Select(found => found.at)));
    }

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("DateTime.Now.Year")]
    [InlineData("System.DateTime . UtcNow")]
    [InlineData("DateTime.Today")]
    [InlineData("DateTimeOffset.Now")]
    public void Sources_ClockInALine_IsFound(string line) => Assert.Matches(Clock(), line);

    [Theory]
    [InlineData("clock.GetUtcNow()")]
    [InlineData("new DateTime(2026, 1, 1)")]
    [InlineData("ViewerTime.Now")]
    public void Sources_NoClockInALine_IsLeftAlone(string line) => Assert.DoesNotMatch(Clock(), line);

    [GeneratedRegex(@"\bDateTime(Offset)?\s*\.\s*(UtcNow|Now|Today)\b")]
    private static partial Regex Clock();

    private static List<string> References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)];

    private static bool TakesContext(ConstructorInfo constructor) => constructor.GetParameters().Any(p => IsContext(p.ParameterType));

    private static bool IsContext(Type type) => typeof(DbContext).IsAssignableFrom(type);

    private static bool IsDateTime(Type type) => (Nullable.GetUnderlyingType(type) ?? type) == typeof(DateTime);
}
