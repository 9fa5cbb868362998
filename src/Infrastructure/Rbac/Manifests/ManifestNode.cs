namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>What a value is.</summary>
internal enum ManifestShape
{
    Null,
    Text,
    Flag,
    Number,
    Map,
    List,
}

/// <summary>A value of a manifest, from YAML and JSON alike, with the line that it stands in.</summary>
internal sealed class ManifestNode
{
    private ManifestNode(ManifestShape shape, int line) => (Shape, Line) = (shape, line);

    public ManifestShape Shape { get; }

    public int Line { get; }

    /// <summary>What is written, of a text, flag or number.</summary>
    public string Text { get; private init; } = "";

    public Dictionary<string, ManifestNode> Fields { get; private init; } = NoFields;

    public List<ManifestNode> Items { get; private init; } = NoItems;

    /// <summary>How many values it comes to when each alias is followed.</summary>
    public long Size { get; set; } = 1;

    private static Dictionary<string, ManifestNode> NoFields { get; } = [];

    private static List<ManifestNode> NoItems { get; } = [];

    public static ManifestNode Scalar(ManifestShape shape, string text, int line) => new(shape, line) { Text = text };

    public static ManifestNode Map(int line) => new(ManifestShape.Map, line) { Fields = new(StringComparer.Ordinal) };

    public static ManifestNode List(int line) => new(ManifestShape.List, line) { Items = [] };

    /// <summary>A field, or <see langword="null"/> if it is absent or null, which the API takes for the same.</summary>
    public ManifestNode? Field(string name) => Fields.TryGetValue(name, out var node) && node.Shape != ManifestShape.Null ? node : null;

    public ManifestNode? MapAt(string name) => Expect(name, ManifestShape.Map);

    public IReadOnlyList<ManifestNode> ListAt(string name) => Expect(name, ManifestShape.List)?.Items ?? [];

    public string TextAt(string name) => Expect(name, ManifestShape.Text)?.Text ?? "";

    public bool? FlagAt(string name) => Expect(name, ManifestShape.Flag) is { } flag ? flag.Text[0] is 't' or 'T' or 'y' or 'Y' || flag.Text is "on" or "On" or "ON" : null;

    public IEnumerable<string> TextsAt(string name)
    {
        foreach (var item in ListAt(name))
        {
            if (item.Shape != ManifestShape.Text) throw new ManifestProblemException(item.Line, $"{name} holds {Words(item.Shape)} where a text belongs");
            yield return item.Text;
        }
    }

    public IEnumerable<KeyValuePair<string, string>> TextMapAt(string name)
    {
        foreach (var (key, value) in MapAt(name)?.Fields ?? NoFields)
        {
            if (value.Shape == ManifestShape.Null) continue;
            if (value.Shape != ManifestShape.Text) throw new ManifestProblemException(value.Line, $"{name} holds {Words(value.Shape)} where a text belongs");
            yield return KeyValuePair.Create(key, value.Text);
        }
    }

    /// <summary>The maps of a list.</summary>
    public IEnumerable<ManifestNode> MapsAt(string name)
    {
        foreach (var item in ListAt(name))
            yield return item.Shape == ManifestShape.Map ? item : throw new ManifestProblemException(item.Line, $"{name} holds {Words(item.Shape)} where a map belongs");
    }

    private ManifestNode? Expect(string name, ManifestShape shape)
    {
        if (Field(name) is not { } node) return null;
        return node.Shape == shape ? node : throw new ManifestProblemException(node.Line, $"{name} is {Words(node.Shape)} where {Words(shape)} belongs");
    }

    private static string Words(ManifestShape shape) => shape switch
    {
        ManifestShape.Null => "nothing",
        ManifestShape.Text => "a text",
        ManifestShape.Flag => "true or false",
        ManifestShape.Number => "a number",
        ManifestShape.Map => "a map",
        ManifestShape.List => "a list",
    };
}

/// <summary>What is wrong with one document or object; what stands beside it is read all the same.</summary>
internal sealed class ManifestProblemException(int line, string why) : Exception(why)
{
    public int Line { get; } = line;
}
