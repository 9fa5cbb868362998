using System.Globalization;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>Reads JSON token by token: one document, or several after each other.</summary>
internal ref struct JsonManifest
{
    // Deeper nesting is passed over where it stands in what nobody looks at, such as the status of something.
    private const int ReaderDepth = 100_000;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _firstLine;
    private Utf8JsonReader _reader;
    private int _counted;
    private int _lines;
    private ManifestProblemException? _problem;
    private long _size;

    private JsonManifest(ReadOnlySpan<byte> bytes, int firstLine)
    {
        _bytes = bytes;
        _firstLine = firstLine;
        _reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = ReaderDepth, AllowMultipleValues = true });
    }

    /// <summary>Whether it is JSON from beginning to end.</summary>
    public static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = ReaderDepth, AllowMultipleValues = true });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="bytes">The text, as UTF-8.</param>
    /// <param name="sink">Takes what is found.</param>
    public static void Read(ReadOnlySpan<byte> bytes, IManifestSink sink)
    {
        var manifest = new JsonManifest(bytes, 1);
        try
        {
            for (var first = true; manifest._reader.Read(); first = false)
            {
                if (!first) sink.Next(manifest.Line());
                manifest.ReadRoot(sink);
            }
        }
        catch (ManifestProblemException problem)
        {
            sink.Bad(problem.Line, problem.Message + ", so that the rest of this file is not read");
        }
        catch (JsonException problem)
        {
            sink.Bad((int)(problem.LineNumber ?? 0) + 1, "it is not JSON, so that the rest of this file is not read");
        }
        // A text with half a surrogate, or with bytes that are no UTF-8.
        catch (InvalidOperationException)
        {
            sink.Bad(manifest.Line(), "it holds a text that is not UTF-8, so that the rest of this file is not read");
        }
    }

    /// <summary>Reads a JSON array of rules.</summary>
    public static Outcome<IReadOnlyList<PolicyRule>> ReadRules(ReadOnlySpan<byte> bytes)
    {
        var manifest = new JsonManifest(bytes, 1);
        try
        {
            if (!manifest._reader.Read()) return NoRules(1, "it is empty");
            var list = manifest.Value(1);
            if (manifest._problem is { } problem) return NoRules(problem.Line, problem.Message);
            if (list.Shape != ManifestShape.List) return NoRules(list.Line, "a JSON array of rules is wanted");
            if (manifest._reader.Read()) return NoRules(manifest.Line(), "something stands after the array");
            if (list.Items.Find(item => item.Shape != ManifestShape.Map) is { } other) return NoRules(other.Line, "a rule is no JSON object");
            return list.Items.ConvertAll(ManifestObjects.Rule);
        }
        catch (ManifestProblemException problem)
        {
            return NoRules(problem.Line, problem.Message);
        }
        catch (JsonException problem)
        {
            return NoRules((int)(problem.LineNumber ?? 0) + 1, "it is not JSON");
        }
        catch (InvalidOperationException)
        {
            return NoRules(manifest.Line(), "it holds a text that is not UTF-8");
        }

        static Refusal NoRules(int line, string why) => new("Manifests:Rules", $"line {line}: {why}.");
    }

    private int Line()
    {
        var until = (int)Math.Min(_reader.TokenStartIndex, _bytes.Length);
        if (until > _counted)
        {
            _lines += _bytes[_counted..until].Count((byte)'\n');
            _counted = until;
        }

        return _firstLine + _lines;
    }

    private void ReadRoot(IManifestSink sink)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            var line = Line();
            _reader.Skip();
            sink.Bad(line, "it is no object");
            return;
        }

        (_problem, _size) = (null, 0);
        ManifestProblemException? own = null;
        var root = ManifestNode.Map(Line());
        var hadItems = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var line = Line();
            var name = _reader.GetString()!;
            _reader.Read();
            if (name == "items" && _reader.TokenType == JsonTokenType.StartArray && (root.Field("kind") is not { Shape: ManifestShape.Text } kind || kind.Text.EndsWith("List", StringComparison.Ordinal)))
            {
                hadItems = true;
                own ??= _problem;
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray) ReadItem(sink);
                _problem = null;
                continue;
            }

            Add(root, name, line, depth: 2);
        }

        if ((own ?? _problem) is { } problem) sink.Bad(problem.Line, problem.Message);
        else sink.Root(root, hadItems);
    }

    private void ReadItem(IManifestSink sink)
    {
        (_problem, _size) = (null, 0);
        var item = Value(1);
        if (_problem is { } problem) sink.BadItem(problem.Line, problem.Message);
        else sink.Item(item);
    }

    private ManifestNode Value(int depth)
    {
        var line = Line();
        _size++;
        switch (_reader.TokenType)
        {
            case JsonTokenType.String:
                return ManifestNode.Scalar(ManifestShape.Text, _reader.GetString()!, line);
            case JsonTokenType.Number:
                return ManifestNode.Scalar(ManifestShape.Number, "", line);
            case JsonTokenType.True:
                return ManifestNode.Scalar(ManifestShape.Flag, "true", line);
            case JsonTokenType.False:
                return ManifestNode.Scalar(ManifestShape.Flag, "false", line);
            case JsonTokenType.StartObject:
                if (IsTooMuch(depth, line)) return ManifestNode.Scalar(ManifestShape.Null, "", line);
                var map = ManifestNode.Map(line);
                while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
                {
                    var at = Line();
                    var name = _reader.GetString()!;
                    _reader.Read();
                    Add(map, name, at, depth + 1);
                }

                return map;
            case JsonTokenType.StartArray:
                if (IsTooMuch(depth, line)) return ManifestNode.Scalar(ManifestShape.Null, "", line);
                var list = ManifestNode.List(line);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray) list.Items.Add(Value(depth + 1));
                return list;
            default:
                return ManifestNode.Scalar(ManifestShape.Null, "", line);
        }
    }

    private void Add(ManifestNode map, string name, int line, int depth)
    {
        var value = Value(depth);
        if (!map.Fields.TryAdd(name, value)) _problem ??= new ManifestProblemException(line, $"the key “{YamlManifest.Shown(name)}” stands twice in the same map");
    }

    // The reader itself does not recurse, so that it can pass over what is too deep or too much and go on after it.
    private bool IsTooMuch(int depth, int line)
    {
        if (depth <= ManifestLimits.Deepest && _size <= ManifestLimits.MostValues) return false;
        _problem ??= new ManifestProblemException(line, depth > ManifestLimits.Deepest
            ? $"it is nested deeper than {ManifestLimits.Deepest} levels"
            : $"it comes to more than {ManifestLimits.MostValues.ToString("N0", CultureInfo.InvariantCulture)} values in one object");
        _reader.Skip();
        return true;
    }
}
