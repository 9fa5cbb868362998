using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.StepUp;

/// <summary>The acts that need a step-up. Acts that only take access away are not among them.</summary>
public enum ActKind
{
    /// <summary>Submit an access request.</summary>
    SubmitRequest,

    /// <summary>Approve an access request.</summary>
    ApproveRequest,

    /// <summary>Change the configuration.</summary>
    ProposeChange,

    /// <summary>Confirm another admin's change of the configuration.</summary>
    ConfirmChange,

    /// <summary>Let a person in again who was disabled.</summary>
    EnablePerson,

    /// <summary>End a hold, so that access starts again.</summary>
    EndHold,

    /// <summary>Make a standing binding again that was removed.</summary>
    RestoreBinding,

    /// <summary>See whether the identity provider proves freshness and the factor.</summary>
    TestProvider,
}

/// <summary>
/// One act by one person, with everything that decides what comes of it. Its digest is what the provider's token commits to,
/// so it is computed from the rows each time it is needed and never taken from a caller.
/// </summary>
/// <param name="Kind">What kind of act.</param>
/// <param name="SubjectId">The id of the request, change or test.</param>
/// <param name="SubjectVersion">Its version.</param>
/// <param name="PersonId">Who acts.</param>
/// <param name="Content">What decides the result, canonical.</param>
public sealed record StepUpAct(ActKind Kind, Guid SubjectId, int SubjectVersion, PersonId PersonId, JsonObject Content)
{
    /// <summary>The canonical form (RFC 8785).</summary>
    public JsonObject Canonical() => new()
    {
        ["act"] = Kind.ToString(),
        ["subject"] = SubjectId.ToString("D"),
        ["version"] = SubjectVersion,
        ["person"] = PersonId.ToString(),
        ["content"] = Content.DeepClone(),
    };

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public byte[] Digest() => CanonicalJson.Digest(Canonical());
}
