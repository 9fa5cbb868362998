using System.CommandLine;
using Lapse.Infrastructure.Ledger;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse verify-ledger</c>: recomputes the chain; exit code 1 names the first entry that is wrong.</summary>
internal static class VerifyLedgerCommand
{
    public static Command Create()
    {
        var expect = new Option<string?>("--expect") { Description = "SEQUENCE:HASH as an earlier verification printed it; finds a cut tail and a rewritten chain." };
        var command = new Command("verify-ledger", "Recompute the ledger's chain (needs ConnectionStrings:Portal).") { expect };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(expect), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? expect, CancellationToken cancellation)
    {
        LedgerExpectation? expected = null;
        if (expect is not null && (expected = LedgerExpectation.Parse(expect)) is null) return Console.Refuse("--expect wants SEQUENCE:HASH, with a hash of 64 hexadecimal digits.");
        await using var services = VerbServices.WithDatabase(Configuration.Read());
        if (services is null) return Console.Refuse("ConnectionStrings:Portal is not set.");
        var verification = await services.GetRequiredService<LedgerVerifier>().VerifyAsync(expected, cancellation);
        System.Console.WriteLine(verification.Message);
        return verification.IsIntact ? 0 : 1;
    }
}
