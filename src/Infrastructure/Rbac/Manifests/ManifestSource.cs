namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>One document on its way to its end: what is found in it, one object at a time, so that a long list never stands in memory whole.</summary>
internal interface IManifestSink
{
    /// <summary>An item of the document's <c>items</c>.</summary>
    void Item(ManifestNode item);

    /// <summary>The document itself, without the items.</summary>
    void Root(ManifestNode root, bool hadItems);

    /// <summary>An item that cannot be used.</summary>
    void BadItem(int line, string why);

    /// <summary>The document, or what is left of it, cannot be read.</summary>
    void Bad(int line, string why);

    /// <summary>Another document begins in the same text.</summary>
    void Next(int line);
}

/// <summary>What no manifest needs, and only one that was made to exhaust whoever reads it has.</summary>
internal static class ManifestLimits
{
    /// <summary>The most bytes of one file.</summary>
    public const long LargestFile = 512L * 1024 * 1024;

    /// <summary>The most levels of nesting; schemas of CustomResourceDefinitions go to some dozens.</summary>
    public const int Deepest = 500;

    /// <summary>The most values of one object, with every alias followed. What etcd takes has far fewer.</summary>
    public const long MostValues = 1_000_000;
}
