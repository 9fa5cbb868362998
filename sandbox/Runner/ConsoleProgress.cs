namespace Lapse.Sandbox.Runner;

/// <summary>
/// Says on standard error what takes long: one line that is rewritten on a terminal; elsewhere a line for each step, and
/// for every five percent of one that counts.
/// </summary>
internal sealed class ConsoleProgress : IProgress<ClusterStatus>, IProgress<string>
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly Lock _turn = new();
    private string _step = "";
    private int _percent;
    private bool _open;

    public void Report(ClusterStatus value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_turn)
        {
            if (_terminal)
            {
                Console.Error.Write($"\r\e[Kcluster: {value.Percent,3} %  {value.Message}");
                _open = true;
            }
            else if (value.Percent >= _percent + 5 || Step(value.Message) != _step)
            {
                Console.Error.WriteLine($"cluster: {value.Percent,3} %  {value.Message}");
                (_percent, _step) = (value.Percent, Step(value.Message));
            }
        }
    }

    public void Report(string value)
    {
        lock (_turn)
        {
            EndLine();
            Console.Error.WriteLine(value);
        }
    }

    /// <summary>Writes a line on standard output, apart from a line of progress that stands open.</summary>
    public void WriteResult(string line)
    {
        lock (_turn)
        {
            EndLine();
            Console.WriteLine(line);
        }
    }

    /// <summary>A message without its figures: the same for the whole of a step.</summary>
    private static string Step(string message) => string.Concat(message.Where(c => !char.IsAsciiDigit(c)));

    private void EndLine()
    {
        if (_open)
            Console.Error.WriteLine();
        _open = false;
    }
}
