namespace Lapse.Portal.Hosting;

/// <summary>What verbs say to a terminal.</summary>
internal static class Console
{
    /// <summary>Says on standard error why a verb cannot run, and returns its exit code.</summary>
    public static int Refuse(string message)
    {
        System.Console.Error.WriteLine(message);
        return 2;
    }
}
