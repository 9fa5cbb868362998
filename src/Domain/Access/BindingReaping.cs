using System.Security.Cryptography;

namespace Lapse.Domain.Access;

/// <summary>What <c>lapse reap</c> makes of one binding.</summary>
public enum BindingVerdict
{
    /// <summary>Signed, unchanged, and its time is not over.</summary>
    Keep,

    /// <summary>Not a binding of a grant; left alone.</summary>
    NotOurs,

    /// <summary>Wears our label without having our name; left alone and reported.</summary>
    Foreign,

    /// <summary>Past its <c>not-after</c>; to be deleted.</summary>
    Expired,

    /// <summary>Older than the reaper's own maximum lifetime; to be deleted.</summary>
    TooOld,

    /// <summary>Not signed by a known key, or not what was signed; to be deleted.</summary>
    BadSignature,
}

/// <summary>
/// Judges bindings with nothing but the public keys, a maximum lifetime and the API server's time.
/// A name decides what is ours, because it cannot be changed: whoever takes label and annotations off saves no binding by it,
/// and whoever labels a foreign object loses none.
/// </summary>
public static class BindingReaping
{
    /// <summary>Whether the verdict means deletion.</summary>
    public static bool Deletes(this BindingVerdict verdict) => verdict switch
    {
        BindingVerdict.Expired or BindingVerdict.TooOld or BindingVerdict.BadSignature => true,
        BindingVerdict.Keep or BindingVerdict.NotOurs or BindingVerdict.Foreign => false,
    };

    /// <summary>Judges one binding.</summary>
    /// <param name="binding">The binding as the API server has it.</param>
    /// <param name="keys">The public keys; a signature by any of them counts, so that a key can be replaced.</param>
    /// <param name="maximumLifetime">The longest that any binding may live since its server-set creation.</param>
    /// <param name="now">The API server's time.</param>
    public static BindingVerdict Judge(BindingObject binding, IReadOnlyCollection<ECDsa> keys, TimeSpan maximumLifetime, DateTimeOffset now)
    {
        if (!BindingKeys.IsBindingName(binding.Name)) return binding.WearsOurLabel ? BindingVerdict.Foreign : BindingVerdict.NotOurs;
        if (BindingReading.ReadNotAfter(binding) is { } notAfter && now >= notAfter) return BindingVerdict.Expired;
        if (binding.CreatedAt is not { } created || now - created >= maximumLifetime) return BindingVerdict.TooOld;
        return IsAsSigned(binding, keys) ? BindingVerdict.Keep : BindingVerdict.BadSignature;
    }

    private static bool IsAsSigned(BindingObject binding, IReadOnlyCollection<ECDsa> keys)
    {
        if (BindingReading.Read(binding) is not { } spec) return false;
        if (!binding.Annotations.TryGetValue(BindingKeys.Signature, out var signature)) return false;
        return keys.Any(key => BindingSignature.Verify(spec, signature, key)) && BindingComparison.Of(spec, signature, binding) is BindingComparison.Same;
    }
}
