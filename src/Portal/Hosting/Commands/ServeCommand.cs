using System.CommandLine;
using Lapse.Infrastructure.Keys;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse serve</c>: the portal. It never migrates, and does not start where it could do more than it should.</summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create()
    {
        var command = new Command(Name, "Serve the portal (the default).") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, cancellation) => RunAsync([.. parsed.UnmatchedTokens], cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string[] args, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var errors = StartChecks.FindErrors(builder.Configuration);
        if (errors.Count > 0) return Console.Refuse(string.Join(Environment.NewLine, errors));

        builder.WebHost.UseStaticWebAssets();
        try
        {
            builder.AddPortal();
        }
        catch (KeyFolderException missing)
        {
            return Console.Refuse(missing.Message);
        }
        builder.AddLeaving();
        builder.ListenForMetrics(builder.Configuration.Portal());
        await using var app = builder.Build();
        if (await StartChecks.FindProblemAsync(app.Services, cancellation) is { } problem) return Console.Refuse(problem);
        await app.Services.GetRequiredService<FirstKey>().EnsureAsync(cancellation);
        app.UsePortal();
        await app.RunUntilToldAsync(cancellation);
        return 0;
    }
}
