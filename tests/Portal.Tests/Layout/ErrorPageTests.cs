using Bunit;
using Lapse.Portal.Components.Pages;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lapse.Portal.Tests.Layout;

public sealed class ErrorPageTests : PortalTestContext
{
    private readonly Lines _log = new();

    public ErrorPageTests() => Services.AddSingleton<ILogger<ErrorPage>>(_log);

    [Fact]
    public void Page_AfterAnError_ShowsTheNumberThatTheLogHasBesideIt()
    {
        var context = new DefaultHttpContext();
        var error = new InvalidOperationException("The database is down.");
        context.Features.Set<IExceptionHandlerFeature>(new ExceptionHandlerFeature { Error = error });

        var page = Render<ErrorPage>(p => p.AddCascadingValue<HttpContext>(context));

        var number = page.Find("code").TextContent;
        Assert.Matches("^[0-9a-f]{32}$", number);
        var (line, logged) = Assert.Single(_log.Written);
        Assert.Contains(number, line, StringComparison.Ordinal);
        Assert.Same(error, logged);
        Assert.DoesNotContain("database", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_AddressTypedByHand_HasNoNumberAndWritesNothing()
    {
        var page = Render<ErrorPage>(p => p.AddCascadingValue<HttpContext>(new DefaultHttpContext()));

        Assert.Empty(page.FindAll("code"));
        Assert.Empty(_log.Written);
    }

    private sealed class Lines : ILogger<ErrorPage>
    {
        public List<(string Line, Exception? Error)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add((formatter(state, exception), exception));
    }
}
