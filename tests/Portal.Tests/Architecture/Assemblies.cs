using System.Reflection;
using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features;

namespace Lapse.Portal.Tests.Architecture;

/// <summary>What the rules of the house are checked on: the three assemblies, and the folder of their sources.</summary>
internal static class Assemblies
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static Assembly Domain => typeof(PersonId).Assembly;

    public static Assembly Infrastructure => typeof(PortalDbContext).Assembly;

    public static Assembly Portal => typeof(UseCaseAttribute).Assembly;

    public static IReadOnlyList<Assembly> All => [Domain, Infrastructure, Portal];

    /// <summary>The types that somebody wrote, without what the compiler made of them.</summary>
    public static IEnumerable<Type> Written(Assembly assembly) => assembly.GetTypes().Where(type =>
        !type.Name.Contains('<', StringComparison.Ordinal) && (type.Namespace ?? "").StartsWith("Lapse.", StringComparison.Ordinal));

    public static IEnumerable<ConstructorInfo> Constructors(Type type) => type.GetConstructors(Everything);

    public static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties(Everything);

    public static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(Everything);

    /// <summary>The folder <c>src</c> of this checkout.</summary>
    public static DirectoryInfo Sources()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Portal.sln"))) return new(Path.Combine(folder.FullName, "src"));
        throw new DirectoryNotFoundException("The tests run inside a checkout of the project.");
    }
}
