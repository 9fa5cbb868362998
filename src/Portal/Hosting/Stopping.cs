using Microsoft.Extensions.Hosting;

namespace Lapse.Portal.Hosting;

/// <summary>
/// How <c>serve</c> ends: told to stop it first says so, to its pages and to whoever asks whether it is ready, and goes on serving for
/// <see cref="PortalOptions.LeaveNotice"/>; then pages and workers end, what is in hand is finished or given back. All of it fits into the
/// 30 seconds that Kubernetes gives.
/// </summary>
internal static class Stopping
{
    /// <summary>After so long the process ends whatever is left: notice and work together, with some room.</summary>
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    // Every call to a cluster is stopped at once and gives its grant back within 3 s; recurring jobs are waited for.
    private static readonly TimeSpan WorkTakes = TimeSpan.FromSeconds(20);

    /// <summary>Registers how long the work may take, and that signals are heard by the command line alone.</summary>
    public static void AddLeaving(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = WorkTakes;
            // One that hangs must not keep the others from giving back what they hold.
            options.ServicesStopConcurrently = true;
        });
    }

    /// <summary>Serves until it is told to stop, or ends by itself.</summary>
    /// <param name="app">The portal.</param>
    /// <param name="told">TERM or INT, as the command line hears them.</param>
    public static async Task RunUntilToldAsync(this WebApplication app, CancellationToken told)
    {
        try
        {
            await app.StartAsync(told);
        }
        catch (OperationCanceledException) when (told.IsCancellationRequested)
        {
            // Told before it served anybody.
            return;
        }
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(told, app.Lifetime.ApplicationStopping))
            await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            app.Services.GetRequiredService<Leaving>().Begin();
            await Task.Delay(app.Services.GetRequiredService<PortalOptions>().LeaveNotice, CancellationToken.None);
        }
        await app.StopAsync(CancellationToken.None);
    }

    /// <summary>The usual lifetime stops the host at the signal, before anybody was told.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
