using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>
/// Reads YAML event by event. Aliases are followed without copying what they name, and what an object comes to that way is
/// counted: a few lines of aliases of aliases are refused instead of filling the memory.
/// </summary>
internal sealed class YamlManifest
{
    private const string MergeKey = "<<";

    private readonly Parser _parser;
    private readonly int _linesBefore;
    private readonly Dictionary<AnchorName, ManifestNode> _anchors = [];
    private ManifestProblemException? _problem;

    private YamlManifest(TextReader text, int linesBefore) => (_parser, _linesBefore) = (new Parser(text), linesBefore);

    private int Line => (int)Math.Min(int.MaxValue, _parser.Current?.Start.Line ?? 1) + _linesBefore;

    /// <summary>Reads one part of a file between two lines of dashes.</summary>
    /// <param name="bytes">The part, as UTF-8.</param>
    /// <param name="firstLine">The line of the file that it begins with.</param>
    /// <param name="lastLine">The last line that says something; what is never closed is noticed after it.</param>
    /// <param name="sink">Takes what is found.</param>
    public static void Read(Stream bytes, int firstLine, int lastLine, IManifestSink sink)
    {
        using var text = new StreamReader(bytes, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        var manifest = new YamlManifest(text, firstLine - 1);
        try
        {
            manifest.ReadAll(sink);
        }
        catch (ManifestProblemException problem)
        {
            sink.Bad(problem.Line, problem.Message);
        }
        catch (YamlException problem)
        {
            sink.Bad(Math.Clamp((int)problem.Start.Line + firstLine - 1, firstLine, lastLine), "it is not YAML");
        }
        catch (DecoderFallbackException)
        {
            sink.Bad(manifest.Line, "it is not UTF-8");
        }
        // Whatever else a parser throws over a stranger's text belongs to this text alone.
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException or NullReferenceException)
        {
            sink.Bad(manifest.Line, "it is not YAML");
        }
    }

    private void ReadAll(IManifestSink sink)
    {
        _parser.MoveNext();
        _parser.MoveNext();
        for (var first = true; _parser.Current is DocumentStart; first = false)
        {
            if (!first) sink.Next(Line);
            _parser.MoveNext();
            _anchors.Clear();
            ReadRoot(sink);
            _parser.MoveNext();
        }
    }

    private void ReadRoot(IManifestSink sink)
    {
        if (_parser.Current is not MappingStart start)
        {
            var other = Whole();
            if (other.Shape != ManifestShape.Null) throw new ManifestProblemException(other.Line, "it is no object");
            return;
        }

        var root = ManifestNode.Map(Line);
        var hadItems = false;
        _problem = null;
        ManifestProblemException? own = null;
        Into(root, start, depth: 1, (key, _) =>
        {
            if (key != "items" || _parser.Current is not SequenceStart) return false;
            if (root.Field("kind") is { Shape: ManifestShape.Text } kind && !kind.Text.EndsWith("List", StringComparison.Ordinal)) return false;
            hadItems = true;
            own ??= _problem;
            _parser.MoveNext();
            while (_parser.Current is not SequenceEnd) ReadItem(sink);
            _problem = null;
            _parser.MoveNext();
            return true;
        });
        if ((own ?? _problem) is { } problem) throw problem;
        sink.Root(root, hadItems);
    }

    private void ReadItem(IManifestSink sink)
    {
        var item = Whole();
        if (_problem is { } problem) sink.BadItem(problem.Line, problem.Message);
        else sink.Item(item);
    }

    private ManifestNode Whole()
    {
        _problem = null;
        return Value(depth: 1);
    }

    private ManifestNode Value(int depth)
    {
        var line = Line;
        switch (_parser.Current)
        {
            case AnchorAlias alias:
                _parser.MoveNext();
                return _anchors.TryGetValue(alias.Value, out var node) ? node : throw new ManifestProblemException(line, "it uses an alias before, or inside of, what it names");
            case Scalar scalar:
                _parser.MoveNext();
                return Anchored(scalar, Of(scalar, line));
            case SequenceStart start:
                var list = ManifestNode.List(line);
                GuardDepth(depth, line);
                _parser.MoveNext();
                while (_parser.Current is not SequenceEnd)
                {
                    var item = Value(depth + 1);
                    Grow(list, item);
                    list.Items.Add(item);
                }

                _parser.MoveNext();
                return Anchored(start, list);
            case MappingStart start:
                var map = ManifestNode.Map(line);
                Into(map, start, depth);
                return Anchored(start, map);
            default:
                throw new ManifestProblemException(line, "it is not YAML");
        }
    }

    // Everything up to the end of the map; a field that "taken" has read by itself is not kept.
    private void Into(ManifestNode map, MappingStart start, int depth, Func<string, int, bool>? taken = null)
    {
        GuardDepth(depth, Line);
        _parser.MoveNext();
        List<ManifestNode>? merged = null;
        while (_parser.Current is not MappingEnd)
        {
            var line = Line;
            var key = Value(depth + 1);
            if (key.Shape is ManifestShape.Map or ManifestShape.List)
            {
                Note(line, "a key is no text");
                Value(depth + 1);
                continue;
            }

            if (taken?.Invoke(key.Text, line) == true) continue;
            var value = Value(depth + 1);
            Grow(map, value);
            if (key.Text == MergeKey) (merged ??= []).AddRange(value.Shape == ManifestShape.List ? value.Items : [value]);
            else if (!map.Fields.TryAdd(key.Text, value)) Note(line, $"the key “{Shown(key.Text)}” stands twice in the same map");
        }

        _parser.MoveNext();
        foreach (var (name, value) in merged?.SelectMany(other => other.Fields) ?? []) map.Fields.TryAdd(name, value);
    }

    private ManifestNode Anchored(NodeEvent from, ManifestNode node)
    {
        if (!from.Anchor.IsEmpty) _anchors[from.Anchor] = node;
        return node;
    }

    private static void Grow(ManifestNode parent, ManifestNode child)
    {
        parent.Size += child.Size;
        if (parent.Size > ManifestLimits.MostValues) throw new ManifestProblemException(parent.Line, $"it comes to more than {ManifestLimits.MostValues.ToString("N0", CultureInfo.InvariantCulture)} values in one object");
    }

    private void Note(int line, string why) => _problem ??= new ManifestProblemException(line, why);

    private static void GuardDepth(int depth, int line)
    {
        if (depth > ManifestLimits.Deepest) throw new ManifestProblemException(line, $"it is nested deeper than {ManifestLimits.Deepest} levels");
    }

    internal static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";

    // As kubectl reads plain words: those of YAML 1.1 that its parser knows.
    private static ManifestNode Of(Scalar scalar, int line)
    {
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag == "tag:yaml.org,2002:str") return ManifestNode.Scalar(ManifestShape.Text, scalar.Value, line);
        var shape = scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ManifestShape.Null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => ManifestShape.Flag,
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => ManifestShape.Flag,
            _ when IsNumber(scalar.Value) => ManifestShape.Number,
            _ => ManifestShape.Text,
        };
        return ManifestNode.Scalar(shape, scalar.Value, line);
    }

    private static bool IsNumber(string text) =>
        (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
        && (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _)
            || (text.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)));
}
