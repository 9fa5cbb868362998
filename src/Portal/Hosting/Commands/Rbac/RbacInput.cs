using System.CommandLine;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>What a question is asked of.</summary>
/// <param name="Reading">What was read.</param>
/// <param name="Index">The same, arranged for questions.</param>
/// <param name="AllowUnread">Whether what could not be read is no reason for another exit code.</param>
internal sealed record RbacInput(ManifestReading Reading, RbacIndex Index, bool AllowUnread)
{
    /// <summary>The exit code of an answer that would mean that all is well, unless part of the input could not be read.</summary>
    public int Unless(int code) => Reading.State.Gaps.IsEmpty || AllowUnread ? code : RbacCommand.Unknown;
}

/// <summary>The options by which a verb gets its input.</summary>
internal sealed class RbacInputOptions
{
    private readonly Option<string> _manifests = new("--manifests") { Description = "A folder (with all below it), a file, or - for standard input: YAML, JSON, or what kubectl get … -o json prints.", Required = true };
    private readonly Option<string> _namespace = new("--default-namespace") { Description = "The namespace of objects that do not name theirs.", DefaultValueFactory = _ => "default" };
    private readonly Option<bool> _allowUnread = new("--allow-unread") { Description = "Do not end with 3 where part of the input could not be read; it is listed all the same." };

    public void AddTo(Command command)
    {
        command.Add(_manifests);
        command.Add(_namespace);
        command.Add(_allowUnread);
    }

    /// <summary>Reads the input; <see langword="null"/> after it was said why that cannot be.</summary>
    public RbacInput? Read(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_manifests);
        using var input = path == ManifestReader.StandardInput ? System.Console.OpenStandardInput() : null;
        var read = ManifestReader.Read(path, parsed.GetRequiredValue(_namespace), input);
        if (!read.Succeeded)
        {
            Console.Refuse(TextTable.Shown(read.Refusal!.Message));
            return null;
        }

        var reading = read.Value;
        if (reading.IsEmpty)
        {
            foreach (var gap in reading.State.Gaps) System.Console.Error.WriteLine(TextTable.Shown($"{gap.What}: {gap.Why}"));
            Console.Refuse(TextTable.Shown($"There is nothing of Kubernetes to read in {path}."));
            return null;
        }

        return new RbacInput(reading, new RbacIndex(reading.State), parsed.GetValue(_allowUnread));
    }
}
