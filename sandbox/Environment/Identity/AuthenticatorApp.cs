using System.Collections.Concurrent;
using OtpNet;

namespace Lapse.Sandbox;

/// <summary>
/// The one-time codes of the sandbox's people (RFC 6238), as an app on their phone computes them, never the same one twice.
/// A code of the next half minute passes as well, as if the phone's clock ran ahead, so a second code at once costs no
/// waiting; a third one waits for its turn.
/// </summary>
public static class AuthenticatorApp
{
    private const int StepSeconds = 30;
    private static readonly ConcurrentDictionary<string, long> LastStep = new(StringComparer.Ordinal);

    /// <summary>The code of this moment, whether it was used or not.</summary>
    /// <param name="secret">The base32 secret.</param>
    public static string Code(string secret) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp();

    /// <summary>A code that this process has not taken before and that the provider accepts when this returns.</summary>
    /// <param name="secret">The base32 secret.</param>
    /// <param name="cancellationToken">Ends the wait, which can be half a minute for each code taken before.</param>
    public static async Task<string> NextCodeAsync(string secret, CancellationToken cancellationToken)
    {
        var step = LastStep.AddOrUpdate(secret, _ => Now(), (_, last) => Math.Max(Now(), last + 1));
        var early = DateTimeOffset.FromUnixTimeSeconds((step - 1) * StepSeconds) - DateTimeOffset.UtcNow;
        if (early > TimeSpan.Zero)
            await Task.Delay(early, cancellationToken);
        return new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(DateTimeOffset.FromUnixTimeSeconds(step * StepSeconds).UtcDateTime);
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() / StepSeconds;
}
