using k8s;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Gathering;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Asks about probes over fresh connections that those share who ask at the same moment: each connection is opened after everybody in
/// the round began to ask, so it is as fresh for each of them as one of their own, and a thousand ends do not cost three thousand
/// handshakes.
/// </summary>
internal sealed class ProbeRounds(ClusterConnection connection, Func<IKubernetes, string, AccessQuestion, Task<ClusterResult<AccessAnswer>>> ask)
{
    private const int Most = 64;

    private readonly Rounds<Asked> _rounds = new(Most, round => RunAsync(round, connection, ask));

    /// <summary>The answers, one for each connection.</summary>
    public async Task<ClusterResult<AccessAnswer>[]> AskAsync(string probe, AccessQuestion question, int connections, CancellationToken cancellation)
    {
        var asked = new Asked(probe, question, connections);
        _rounds.Join(asked);
        return await asked.Answers.Task.WaitAsync(cancellation);
    }

    private static async Task RunAsync(IReadOnlyList<Asked> round, ClusterConnection connection, Func<IKubernetes, string, AccessQuestion, Task<ClusterResult<AccessAnswer>>> ask)
    {
        IKubernetes[] clients = [];
        try
        {
            clients = [.. Enumerable.Range(0, round.Max(asked => asked.Connections)).Select(_ => connection.Open())];
            await Task.WhenAll(round.Select(async asked =>
            {
                try
                {
                    asked.Answers.TrySetResult(await Task.WhenAll(clients.Take(asked.Connections).Select(client => ask(client, asked.Probe, asked.Question))));
                }
#pragma warning disable CA1031 // It is told to whoever asked.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    asked.Answers.TrySetException(exception);
                }
            }));
        }
#pragma warning disable CA1031 // As above: no connection could even be prepared.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var asked in round) asked.Answers.TrySetException(exception);
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
    }

    private sealed record Asked(string Probe, AccessQuestion Question, int Connections)
    {
        public TaskCompletionSource<ClusterResult<AccessAnswer>[]> Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
