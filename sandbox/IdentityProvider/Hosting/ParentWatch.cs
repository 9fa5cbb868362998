namespace Lapse.Sandbox.IdentityProvider.Hosting;

/// <summary>Ends the provider when standard input closes, so that it cannot outlive whoever started it.</summary>
public sealed class ParentWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[256];

        // A read of standard input does not answer to cancellation: it is left behind when the host stops otherwise.
        while (await Task.Run(() => input.Read(buffer), CancellationToken.None).WaitAsync(stoppingToken) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
