namespace Lapse.Sandbox;

/// <summary>
/// How far the build of Kubernetes is, from the lines that <c>make</c> and <c>go build -v</c> print: one for each package
/// that is compiled. How many there will be is known from an earlier build of the same version.
/// </summary>
internal sealed class BuildProgress
{
    /// <summary>Packages of kube-apiserver and kube-controller-manager 1.20.2 with their dependencies.</summary>
    private const int Packages = 1829;

    private const int Start = 8;
    private const int CompileStart = 22;
    private const int CompileEnd = 92;

    private readonly Action<string, int> _say;
    private int _generators;
    private int _compiled = -1;
    private int _percent;

    /// <param name="say">Is told what is done and the percentage, whenever the percentage moves.</param>
    public BuildProgress(Action<string, int> say) => _say = say;

    /// <summary>Reads the next line.</summary>
    public void Read(string line)
    {
        if (line.StartsWith("+++", StringComparison.Ordinal))
            Report("Generating code for Kubernetes", Math.Min(Start + (2 * _generators++), CompileStart));
        else if (line.Trim() == "cmd/kube-apiserver")
            _compiled = 0;
        else if (_compiled >= 0 && line.Length > 0 && char.IsAsciiLetterLower(line[0]))
        {
            _compiled++;
            var share = Math.Min(1.0, (double)_compiled / Packages);
            Report(
                $"Building Kubernetes: {_compiled} of about {Packages} packages",
                CompileStart + (int)(share * (CompileEnd - CompileStart)));
        }
    }

    private void Report(string what, int percent)
    {
        if (percent <= _percent)
            return;
        _percent = percent;
        _say(what, percent);
    }
}
