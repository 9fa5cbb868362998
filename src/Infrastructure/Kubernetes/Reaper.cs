using System.Security.Cryptography;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What <c>lapse reap</c> did with one binding.</summary>
/// <param name="Name">The binding.</param>
/// <param name="Namespace">Its namespace; <see langword="null"/> for a ClusterRoleBinding.</param>
/// <param name="Verdict">Why.</param>
/// <param name="Outcome"><c>Deleted</c>, <c>AlreadyGone</c>, <c>Replaced</c>, <c>StillThere</c>, <c>LeftAlone</c>, or why it failed.</param>
public sealed record ReapedBinding(string Name, string? Namespace, BindingVerdict Verdict, string Outcome);

/// <summary>What a run of the reaper found and did.</summary>
/// <param name="Now">The API server's time that decided; <see langword="null"/> if nothing could be listed.</param>
/// <param name="ServerSentTime">Whether that is the server's <c>Date</c>, and not only the latest creation time.</param>
/// <param name="Seen">How many bindings of grants there were.</param>
/// <param name="Reaped">What was to be deleted, and what wears our label without being ours.</param>
/// <param name="Failure">Why nothing could be listed; <see langword="null"/> if it could.</param>
public sealed record ReapReport(DateTimeOffset? Now, bool ServerSentTime, int Seen, IReadOnlyList<ReapedBinding> Reaped, ClusterFailure? Failure)
{
    /// <summary>Whether all that had to go is gone, by the server's own time. Otherwise the run ends with an error, so that somebody looks.</summary>
    public bool IsClean => Failure is null && ServerSentTime && Reaped.All(binding => !binding.Verdict.Deletes() || binding.Outcome is Reaper.Deleted or Reaper.AlreadyGone);

    /// <summary>The run in a sentence, with names of bindings at most.</summary>
    public string Words => Failure is { } failure
        ? $"The bindings could not be listed: {failure.Message}"
        : $"{Domain.Words.Count(Seen, "binding")} looked at, {Domain.Words.Count(Reaped.Count, "finding")}{(Left is [] ? "" : $", left: {string.Join(", ", Left.Take(5))}")}{(ServerSentTime ? "" : ", and the server sent no time")}.";

    private IReadOnlyList<string> Left => [.. Reaped.Where(binding => binding.Verdict.Deletes() && binding.Outcome is not (Reaper.Deleted or Reaper.AlreadyGone)).Select(binding => binding.Name)];
}

/// <summary>
/// The last line: needs neither portal nor database, only the right to list and delete bindings, a public key and a maximum
/// lifetime of its own. Runs in the cluster as <c>lapse reap</c>.
/// </summary>
/// <param name="api">The cluster.</param>
/// <param name="keys">The public keys; more than one while a key is being replaced.</param>
/// <param name="maximumLifetime">The longest that any binding of a grant may live.</param>
public sealed class Reaper(ClusterApi api, IReadOnlyCollection<ECDsa> keys, TimeSpan maximumLifetime)
{
    internal const string Deleted = "Deleted";
    internal const string AlreadyGone = "AlreadyGone";

    /// <summary>Looks at every binding of the cluster once.</summary>
    /// <remarks>
    /// Time is the API server's <c>Date</c>. Where it sends none, the latest creation time that it ever gave to a binding is
    /// used: time is at least that, so nothing is deleted too early, and the run is reported as not clean, because something
    /// may be kept for too long. This machine's clock is never looked at: whoever can set it could keep a binding alive.
    /// </remarks>
    public async Task<ReapReport> RunAsync(CancellationToken cancellationToken)
    {
        var list = await api.ListAllBindingsAsync(cancellationToken);
        if (list.Failure is { } failure) return new(null, false, 0, [], failure);

        var bindings = list.Value.Bindings;
        var now = list.Value.ServerTime ?? bindings.Max(binding => binding.CreatedAt);
        var reaped = new List<ReapedBinding>();
        foreach (var binding in bindings)
        {
            var verdict = BindingReaping.Judge(binding, keys, maximumLifetime, now ?? DateTimeOffset.MinValue);
            if (verdict == BindingVerdict.Foreign) reaped.Add(new(binding.Name, binding.Namespace, verdict, "LeftAlone"));
            if (verdict.Deletes()) reaped.Add(new(binding.Name, binding.Namespace, verdict, await DeleteAsync(binding, cancellationToken)));
        }
        return new(now, list.Value.ServerTime is not null, bindings.Count(binding => BindingKeys.IsBindingName(binding.Name)), reaped, null);
    }

    private async Task<string> DeleteAsync(BindingObject binding, CancellationToken cancellationToken) =>
        await api.DeleteBindingAsync(binding.Name, binding.Namespace, binding.Uid, cancellationToken) switch
        {
            DeleteBindingResult.NotFound => AlreadyGone,
            // Another object took the name since the list; the next run judges it.
            DeleteBindingResult.UidConflict => "Replaced",
            DeleteBindingResult.Forbidden(var message) => message,
            DeleteBindingResult.Unknown(var failure) => failure.ToString(),
            // A finalizer can hold it up, and as long as it does, the binding gives access.
            _ => await api.GetBindingAsync(binding.Name, binding.Namespace, cancellationToken) switch
            {
                GetBindingResult.NotFound => Deleted,
                GetBindingResult.Found(var found) => found.Uid == binding.Uid ? "StillThere" : "Replaced",
                GetBindingResult.Unknown(var failure) => failure.ToString(),
                _ => "StillThere",
            },
        };
}
