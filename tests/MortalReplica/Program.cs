using System.Diagnostics;
using System.Globalization;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Infrastructure.Tests.Reconciliation;

// A replica of the portal in a process of its own. It prints the steps that it ends, and kills itself where it was told to:
//   MortalReplica CONNECTION SECONDS_AHEAD [POINT [MILLISECONDS_AFTER_ITS_BEGINNING]]
var clock = new ShiftedClock(TimeSpan.FromSeconds(double.Parse(args[1], CultureInfo.InvariantCulture)));
var point = args.Length > 2 ? args[2] : null;
var within = args.Length > 3 ? TimeSpan.FromMilliseconds(double.Parse(args[3], CultureInfo.InvariantCulture)) : (TimeSpan?)null;
Console.SetOut(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });

using var listener = new ActivityListener
{
    ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
    Sample = (ref _) => ActivitySamplingResult.AllData,
    ActivityStarted = activity =>
    {
        // A claim says only at its end whether it took anything.
        if (within is { } after && activity.OperationName == point) KillAfter(after);
    },
    ActivityStopped = activity =>
    {
        if (Name(activity) is not { } name) return;
        if (name == point && within is null) Die();
        Console.WriteLine(KillPoints.Step + name);
        if (name == point && within is { } after) KillAfter(after);
    },
};
ActivitySource.AddActivityListener(listener);

await using var database = new TestDatabase(args[0], args[0], () => Task.CompletedTask);
await using var replica = await ReconcilerReplica.StartAsync(database, clock: clock);
Console.WriteLine(KillPoints.Ready);
// Whoever started it says how time goes on, and that it is over by closing the pipe.
while (await Console.In.ReadLineAsync() is { } line)
    if (line.StartsWith(KillPoints.Ahead, StringComparison.Ordinal)) clock.Advance(TimeSpan.FromSeconds(double.Parse(line[KillPoints.Ahead.Length..], CultureInfo.InvariantCulture)));

static string? Name(Activity activity) => activity.OperationName switch
{
    ReconciliationSteps.Claim => activity.GetTagItem(ReconciliationSteps.ClaimedTag) is > 0 ? $"{ReconciliationSteps.Claim} {activity.GetTagItem(ReconciliationSteps.LaneTag)}" : null,
    ReconciliationSteps.Sweep => null,
    var name => name,
};

static void KillAfter(TimeSpan after) => new Thread(() =>
{
    if (after > TimeSpan.Zero) Thread.Sleep(after);
    Die();
}).Start();

// SIGKILL: nothing is closed, flushed or given back.
static void Die() => Process.GetCurrentProcess().Kill();
