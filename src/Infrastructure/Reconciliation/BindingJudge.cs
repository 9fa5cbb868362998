using Lapse.Domain.Access;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What an object of a grant's name is to that grant.</summary>
internal abstract record BindingFinding
{
    private BindingFinding() { }

    /// <summary>Exactly what was recorded before it was created.</summary>
    /// <param name="Signed">What this installation signed, which no row and no annotation can change.</param>
    public sealed record AsRecorded(BindingSpec Signed) : BindingFinding;

    /// <summary>Lapse made it for this grant, but not so, or not in this creation: it is deleted.</summary>
    /// <param name="Differences">In words.</param>
    public sealed record Ours(IReadOnlyList<string> Differences) : BindingFinding;

    /// <summary>Lapse did not make it: it is left alone.</summary>
    /// <param name="Why">What shows it.</param>
    public sealed record Foreign(string Why) : BindingFinding;
}

/// <summary>Tells Lapse's own objects from others, by UID and signature and by nothing that somebody else can write.</summary>
internal sealed class BindingJudge(BindingKey key)
{
    /// <summary>Judges an object that has the name of a grant's binding.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="found">The object in the cluster.</param>
    public BindingFinding Judge(Grant grant, BindingObject found)
    {
        var spec = BindingReading.Read(found);
        found.Annotations.TryGetValue(BindingKeys.Signature, out var signature);
        var signed = spec is not null && spec.GrantId == grant.Id && key.Verify(spec, signature) ? spec : null;
        if (signed is null && (found.Uid != grant.BindingUid || found.Uid.Length == 0))
            return new BindingFinding.Foreign(spec is null ? "it does not carry what Lapse writes" : "its signature is not by this installation over what it says");

        var differences = Differences(grant, found, signed, signature);
        return signed is not null && differences.Count == 0 ? new BindingFinding.AsRecorded(signed) : new BindingFinding.Ours(differences);
    }

    /// <summary>
    /// What this installation signed for exactly this name and place in this cluster, whatever became of the rest of the object
    /// and whatever the rows say; <see langword="null"/> if it signed nothing of the kind.
    /// </summary>
    /// <param name="found">The object in the cluster.</param>
    /// <param name="cluster">The cluster's name in Lapse.</param>
    public BindingSpec? SignedFor(BindingObject found, string cluster) =>
        BindingReading.Read(found) is { } spec && found.Annotations.TryGetValue(BindingKeys.Signature, out var signature)
        && spec.Cluster == cluster && key.Verify(spec, signature) && BindingComparison.Of(spec, signature, found) is not BindingComparison.Foreign ? spec : null;

    /// <summary>
    /// What the rows say about the end that the signature does not allow; empty if they agree. The signed <c>not-after</c> is
    /// what was given, and somebody who writes the database moves everything but that.
    /// </summary>
    public static IReadOnlyList<string> Prolonged(Grant grant, BindingSpec signed)
    {
        List<string> differences = [];
        if (grant.EndsAt is not { } ends || ends > signed.NotAfter) differences.Add($"the records let it end {Said(grant.EndsAt)}, the signature {CanonicalTime.Text(signed.NotAfter)} at the latest");
        if (grant.NotAfter is not { } limit || limit > signed.NotAfter) differences.Add($"the records have {Said(grant.NotAfter)} as its not-after, the signature {CanonicalTime.Text(signed.NotAfter)}");
        return differences;
    }

    private static string Said(DateTimeOffset? time) => time is { } said ? CanonicalTime.Text(said) : "never";

    private static IReadOnlyList<string> Differences(Grant grant, BindingObject found, BindingSpec? signed, string? signature)
    {
        if (signed is null) return Unsigned(grant, found);
        if (signature != grant.Signature || signed.Probe != grant.ProbeUser) return ["it belongs to an earlier creation of this grant"];
        return BindingComparison.Of(signed, signature!, found) switch
        {
            BindingComparison.Same => [],
            BindingComparison.Altered altered => altered.Differences,
            BindingComparison.Foreign foreign => [foreign.Why],
            _ => throw new InvalidOperationException("There is no other comparison."),
        };
    }

    // What it says about itself is not what was signed any more, so only what the grant's row says can be compared.
    private static List<string> Unsigned(Grant grant, BindingObject found)
    {
        List<string> differences = [];
        if (!found.WearsOurLabel) differences.Add($"label {BindingKeys.ManagedBy} was removed or changed");
        BindingSubject[] wanted = [BindingSubject.User(grant.ClusterUserName), BindingSubject.User(grant.ProbeUser ?? "")];
        differences.AddRange(found.Subjects.Except(wanted).Select(subject => $"subject {subject} was added"));
        differences.AddRange(wanted.Except(found.Subjects).Select(subject => $"subject {subject} was removed"));
        differences.Add("an annotation was removed or changed, so that the signature does not hold");
        return differences;
    }
}
