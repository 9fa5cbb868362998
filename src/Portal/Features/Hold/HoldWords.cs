using Lapse.Domain.Holds;

namespace Lapse.Portal.Features.Hold;

/// <summary>What a hold is about, in words.</summary>
internal static class HoldWords
{
    /// <summary>What somebody typed as a reason, as a sentence between others.</summary>
    public static string Sentence(string why) => why.Length > 0 && char.IsPunctuation(why[^1]) ? why : why + ".";

    /// <summary>What the cause means.</summary>
    public static string Cause(HoldCause cause) => cause switch
    {
        HoldCause.Admin => "An admin stopped provisioning.",
        HoldCause.OlderLedger => "The database is an older one, or was rewritten: it does not fit a checkpoint that Lapse signed and put elsewhere.",
        HoldCause.BrokenLedger => "Entries of the ledger were changed after they were written. Somebody has written the database.",
    };

    /// <summary>What it means for who wants access now.</summary>
    public static string Meanwhile(HoldCause cause) => cause.DoubtsRecords()
        ? "What is asked or approved before it is ended starts nothing; ask once it is over."
        : "You can ask and approve meanwhile; what cannot start in time has to be asked again.";

    /// <summary>What happens once it is over.</summary>
    public static string Then(HoldCause cause) => cause.DoubtsRecords()
        ? "Lapse goes on from the records as they are. Nothing that was asked or approved before starts; it has to be asked again."
        : "What was approved and can still start in time does so at once.";

    /// <summary>What to look at before ending it.</summary>
    public static IReadOnlyList<string> Before(HoldCause cause) => cause switch
    {
        HoldCause.Admin => ["Talk to whoever began it."],
        HoldCause.OlderLedger =>
        [
            "Find out who restored the database, and why. If nobody did, somebody has written it: keep it as it is and look into that first.",
            "Look at People: whoever was disabled since then is enabled again.",
            "Look at the catalogue, workflows and clusters: what was changed or withdrawn since then is as before.",
        ],
        HoldCause.BrokenLedger =>
        [
            "Run lapse verify-ledger: it names the first entry that was changed.",
            "Somebody has written the database. Find out who before you go on; restore it if you can.",
        ],
    };
}
