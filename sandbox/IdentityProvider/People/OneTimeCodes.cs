using System.Collections.Concurrent;
using OtpNet;

namespace Lapse.Sandbox.IdentityProvider.People;

/// <summary>What came of a one-time code.</summary>
public enum CodeCheck
{
    /// <summary>It is right, and from now on used.</summary>
    Accepted,

    /// <summary>It is right, but it or a later one has been used before (RFC 6238, section 5.2).</summary>
    Used,

    /// <summary>It is not right, or the person has no second factor.</summary>
    Wrong,
}

/// <summary>What the code page shows for convenience.</summary>
/// <param name="Code">The code of this half minute; <see langword="null"/> while there is none that could still be used.</param>
/// <param name="SecondsLeft">Until the next code is there; at least 1.</param>
public sealed record ShownCode(string? Code, int SecondsLeft);

/// <summary>Checks one-time codes (RFC 6238), each of them good for once. What was used is forgotten when the process ends.</summary>
public sealed class OneTimeCodes(TimeProvider clock)
{
    private const int StepSeconds = 30;
    private readonly ConcurrentDictionary<string, long> _lastUsed = new(StringComparer.Ordinal);

    /// <summary>Checks a code and uses it up. The code before and after the current one pass as well, for clocks that differ.</summary>
    public CodeCheck Verify(SandboxPerson person, string code)
    {
        if (person.Totp is null)
            return CodeCheck.Wrong;
        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        var totp = new Totp(Base32Encoding.ToBytes(person.Totp));
        if (!totp.VerifyTotp(clock.GetUtcNow().UtcDateTime, digits, out var step, VerificationWindow.RfcSpecifiedNetworkDelay))
            return CodeCheck.Wrong;

        // Two requests with the same code at once: one of them moves the mark.
        while (true)
        {
            if (!_lastUsed.TryGetValue(person.Sub, out var last))
            {
                if (_lastUsed.TryAdd(person.Sub, step))
                    return CodeCheck.Accepted;
            }
            else if (step <= last)
            {
                return CodeCheck.Used;
            }
            else if (_lastUsed.TryUpdate(person.Sub, step, last))
            {
                return CodeCheck.Accepted;
            }
        }
    }

    /// <summary>The person's current code for the code page, which says that only a sandbox shows it.</summary>
    public ShownCode Show(SandboxPerson person)
    {
        var now = clock.GetUtcNow();
        var step = now.ToUnixTimeSeconds() / StepSeconds;
        var last = _lastUsed.GetValueOrDefault(person.Sub, long.MinValue);
        var next = Math.Max(step, last) + 1;
        var wait = (int)Math.Max(1, (next * StepSeconds) - now.ToUnixTimeSeconds());
        return person.Totp is null || step <= last
            ? new ShownCode(null, wait)
            : new ShownCode(new Totp(Base32Encoding.ToBytes(person.Totp)).ComputeTotp(now.UtcDateTime), wait);
    }
}
