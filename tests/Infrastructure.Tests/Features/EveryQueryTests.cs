using System.Reflection;
using Lapse.Domain;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.StepUp;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Each page's query, found by its interface so that a new one cannot forget to join, tells nothing to somebody whose sign-in is not good.</summary>
public sealed class EveryQueryTests(PostgresFixture postgres) : AdminSetting(postgres)
{
    // Tells a person only of their own step-ups in the same session, so also why the last one was refused; it has tests of its own.
    private static readonly Type[] Apart = [typeof(StepUpNoticeQuery)];

    public static TheoryData<string> Queries => [.. All.Select(query => query.Name)];

    private static IEnumerable<Type> All => typeof(IPageQuery<,>).Assembly.GetTypes().Where(type => type is { IsAbstract: false, IsInterface: false } && AskedBy(type) is not null && !Apart.Contains(type));

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Query_BySomebodyWhoseSignInIsNotGood_IsRefused(string name)
    {
        var asked = AskedBy(All.Single(query => query.Name == name))!;
        var method = typeof(EveryQueryTests).GetMethod(nameof(RefusalAsync), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(asked.GenericTypeArguments);
        foreach (var right in new[] { World.Alice, World.Dana, World.Sam })
        {
            foreach (var wrong in await World.NotGoodAsync(right, Cancellation))
                Assert.Contains(await (Task<string?>)method.Invoke(this, [wrong, Blank(asked.GenericTypeArguments[0])])!, new[] { "SignInAgain", "Disabled" });
        }
    }

    [Fact]
    public void EveryQuery_OfThePortal_IsFound() => Assert.True(All.Count() > 15);

    private async Task<string?> RefusalAsync<TAsk, TView>(Actor actor, TAsk ask) => (await AskAsync<TAsk, TView>(actor, ask)).Refusal?.Code;

    private static Type? AskedBy(Type query) => query.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IPageQuery<,>));

    // Who may not look is told so whatever they ask for.
    private static object Blank(Type ask)
    {
        var constructor = ask.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        return constructor.Invoke([.. constructor.GetParameters().Select(p => p.ParameterType == typeof(string) ? "" : p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null)]);
    }
}
