namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    private const int BusyAttempts = 5;

    // Whoever reads a whole cluster has time. What is compared with grants is read again within a minute anyway, and others wait behind it.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(2);

    /// <summary>All pages of a list. 410 begins it anew: it took so long that its place was compacted away.</summary>
    /// <param name="list">Reads one page, from where the one before said; from the start for <see langword="null"/>.</param>
    /// <param name="longestWait">How long a server that is busy is waited for at a time.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="isEnough">Asked after each page with all so far: whether nobody wants more.</param>
    private async Task<ClusterResult<List<TPage>>> ListPagesAsync<TPage>(
        Func<string?, Task<(TPage Page, string? Next)>> list, TimeSpan longestWait, CancellationToken cancellationToken, Func<List<TPage>, bool>? isEnough = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = await ListOnceAsync(list, longestWait, isEnough, cancellationToken);
            if (read.Failure is not { Kind: ClusterFailureKind.Conflict } || attempt == ListAttempts) return read;
        }
    }

    private async Task<ClusterResult<List<TPage>>> ListOnceAsync<TPage>(
        Func<string?, Task<(TPage Page, string? Next)>> list, TimeSpan longestWait, Func<List<TPage>, bool>? isEnough, CancellationToken cancellationToken)
    {
        List<TPage> pages = [];
        string? next = null;
        do
        {
            var from = next;
            var answer = await PatientlyAsync(() => list(from), cancellationToken, longestWait);
            if (answer.Failure is { } failure) return failure;
            pages.Add(answer.Value.Page);
            if (isEnough?.Invoke(pages) == true) break;
            next = answer.Value.Next;
        }
        while (!string.IsNullOrEmpty(next));
        return pages;
    }

    // 429 and 503 say when to come back; who says nothing is given a little longer each time.
    private async Task<ClusterResult<T>> PatientlyAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken, TimeSpan? longestWait = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await ClusterCalls.RunAsync(call, cancellationToken);
            if (answer.Failure is not { Kind: ClusterFailureKind.Busy } busy || attempt == BusyAttempts) return answer;
            var wait = busy.RetryAfter ?? Pause(attempt);
            if (wait > (longestWait ?? LongestWait)) return answer;
            await Task.Delay(wait, _time, cancellationToken);
        }
    }
}
