namespace Lapse.Infrastructure.Notifications;

/// <summary>One subscriber. Its notices wait in a set, so that a slow one neither holds others up nor hears the same twice in a row.</summary>
internal sealed class ChangeSubscription(Func<string, bool> filter, Func<string, Task> handler, Action<ChangeSubscription> gone, Action<Exception> failed) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    private bool _isRunning;
    private volatile bool _isDisposed;

    /// <summary>Takes a notice.</summary>
    public void Tell(string notice)
    {
        if (_isDisposed || !Wants(notice)) return;
        lock (_gate)
        {
            // Who reads everything anew needs no single notices.
            if (_waiting.Contains(ChangeFeed.Resync)) return;
            if (notice == ChangeFeed.Resync) _waiting.Clear();
            _waiting.Add(notice);
            if (_isRunning) return;
            _isRunning = true;
        }
        _ = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        gone(this);
    }

    private bool Wants(string notice)
    {
        if (notice == ChangeFeed.Resync) return true;
        try
        {
            return filter(notice);
        }
#pragma warning disable CA1031 // A subscriber's defect must not end the feed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed(exception);
            return false;
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            string[] notices;
            lock (_gate)
            {
                if (_waiting.Count == 0 || _isDisposed)
                {
                    _isRunning = false;
                    return;
                }
                notices = [.. _waiting];
                _waiting.Clear();
            }
            foreach (var notice in notices)
            {
                if (_isDisposed) break;
                try
                {
                    await handler(notice);
                }
#pragma warning disable CA1031 // A subscriber's defect must not end the feed.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failed(exception);
                }
            }
        }
    }
}
