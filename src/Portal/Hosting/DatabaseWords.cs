using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Hosting;

/// <summary>What people are told about the database's state.</summary>
public static class DatabaseWords
{
    /// <summary>The fact, in one sentence.</summary>
    public static string Title(DatabaseCondition condition) => condition switch
    {
        DatabaseCondition.ReadOnly => "Lapse's database takes nothing new at the moment.",
        DatabaseCondition.Full => "Lapse's database has no room left.",
        DatabaseCondition.Away or DatabaseCondition.Well => "Lapse's database does not answer.",
    };

    /// <summary>What it means for whoever has a page open.</summary>
    public static string Meaning(DatabaseCondition condition) => condition == DatabaseCondition.Away
        ? "What you see may be out of date, and nothing can be submitted until it is back."
        : "You can read, but nothing can be submitted until that is put right.";
}
