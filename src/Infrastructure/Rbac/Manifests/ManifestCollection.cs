using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>What has been read so far.</summary>
internal sealed class ManifestCollection(string defaultNamespace)
{
    private readonly Dictionary<(string Kind, string Namespace, string Name), RbacObject> _objects = [];
    private readonly Dictionary<string, ManifestPlace> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ManifestPlace> _gapPlaces = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _passedOver = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _old = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private readonly HashSet<PolicyRule> _rules = [];
    private readonly string _defaultNamespace = defaultNamespace;
    private int _files;

    public List<Gap> Gaps { get; } = [];

    public void Add(string file, Func<Stream> open, bool isJson)
    {
        byte[] bytes;
        try
        {
            using var stream = open();
            if (Bytes(stream) is not { } all)
            {
                Gaps.Add(new Gap(file, $"It has more than {ManifestLimits.LargestFile / 1024 / 1024} MiB and is not read."));
                return;
            }

            bytes = all;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Gaps.Add(new Gap(file, "The file cannot be read."));
            return;
        }

        _files++;
        var text = Utf8Text.Of(bytes);
        if (Utf8Text.IsBlank(text.Span)) return;
        var document = new Document(this, file);
        if (isJson || (Utf8Text.First(text.Span) is (byte)'{' or (byte)'[' && JsonManifest.IsJson(text.Span)))
        {
            document.Next(1);
            JsonManifest.Read(text.Span, document);
            document.End();
            return;
        }

        foreach (var part in DocumentSplit.Parts(text.Span))
        {
            document.Next(part.Line);
            using var stream = MemoryMarshal.TryGetArray(text[part.Start..part.End], out var segment)
                ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
                : new MemoryStream(text[part.Start..part.End].ToArray());
            YamlManifest.Read(stream, part.Line, part.Last, document);
            document.End();
        }
    }

    public ManifestReading Reading()
    {
        foreach (var (version, count) in _old)
            _notes.Add($"{Words.Count(count, "object")} of {version} {(count == 1 ? "was" : "were")} read like v1; API servers from 1.22 on do not take {(count == 1 ? "it" : "them")}.");
        var state = new RbacState
        {
            Roles = [.. _objects.Values.OfType<RoleObject>()],
            Bindings = [.. _objects.Values.OfType<BindingObject>()],
            ServiceAccounts = [.. _objects.Values.OfType<ServiceAccountObject>()],
            Namespaces = [.. _objects.Values.OfType<NamespaceObject>()],
            Workloads = [.. _objects.Values.OfType<WorkloadObject>()],
            Tokens = [.. _objects.Values.OfType<TokenSecretObject>()],
            Gaps = [.. Gaps],
        };
        return new ManifestReading
        {
            State = Aggregation.Computed(state),
            Places = _places,
            GapPlaces = _gapPlaces,
            Notes = [.. _notes],
            PassedOver = _passedOver.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Files = _files,
        };
    }

    // Standard input does not say how much it is; a file that says that it is too much is not even begun.
    private static byte[]? Bytes(Stream stream)
    {
        if (stream.CanSeek && stream.Length > ManifestLimits.LargestFile) return null;
        using var all = new MemoryStream(stream.CanSeek ? (int)stream.Length : 0);
        var buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (all.Length + read > ManifestLimits.LargestFile) return null;
            all.Write(buffer, 0, read);
        }

        return all.Length == all.Capacity ? all.GetBuffer() : all.ToArray();
    }

    private void Bad(ManifestPlace place, string why)
    {
        var what = place.ToString();
        _gapPlaces.TryAdd(what, place);
        Gaps.Add(new Gap(what, char.ToUpperInvariant(why[0]) + why[1..] + "."));
    }

    private void Keep(RbacObject found, ManifestPlace place)
    {
        var key = (found.Kind, found.Namespace, found.Name);
        if (_objects.TryGetValue(key, out var before))
        {
            var first = _places[found.Reference];
            if (Same(before, found)) _notes.Add($"{found.Reference} stands twice, and the same: {first}, and {place}.");
            else Bad(place, $"{found.Reference} stands here again and differently; the first is in {first}. Which of them a cluster has depends on who applies them; this one, the later, was evaluated");
        }

        _objects[key] = found is RoleObject role ? role with { Rules = [.. role.Rules.Select(Shared)] } : found;
        _places[found.Reference] = place;
    }

    // Thousands of roles say the same few things.
    private PolicyRule Shared(PolicyRule rule)
    {
        if (_rules.TryGetValue(rule, out var known)) return known;
        _rules.Add(rule);
        return rule;
    }

    private static bool Same(RbacObject one, RbacObject other) => (one, other) switch
    {
        (RoleObject a, RoleObject b) => a.Rules.SequenceEqual(b.Rules) && a.Aggregates.Select(s => s.ToString()).SequenceEqual(b.Aggregates.Select(s => s.ToString())) && a.Labels.SequenceEqual(b.Labels),
        (BindingObject a, BindingObject b) => a.Role == b.Role && a.Subjects.SequenceEqual(b.Subjects),
        (NamespaceObject a, NamespaceObject b) => a.Labels.SequenceEqual(b.Labels),
        (WorkloadObject a, WorkloadObject b) => a with { Labels = b.Labels, Annotations = b.Annotations } == b,
        (ServiceAccountObject a, ServiceAccountObject b) => a.AutomountsToken == b.AutomountsToken,
        _ => true,
    };

    /// <summary>One document of a file, until its end says what it was.</summary>
    private sealed class Document(ManifestCollection into, string file) : IManifestSink
    {
        // Objects of a list may come before the kind that says that it is a list, and items of a list without one of their own.
        private readonly List<ManifestNode> _kindless = [];
        private readonly List<Action> _found = [];
        private int _number;

        public void Next(int line)
        {
            if (_number > 0) End();
            _number++;
        }

        public void Item(ManifestNode item)
        {
            if (item.Shape != ManifestShape.Map)
            {
                BadItem(item.Line, "an item of the list is no object");
                return;
            }

            if (item.Field("kind") is null) _kindless.Add(item);
            else Take(item, "", "");
        }

        public void BadItem(int line, string why)
        {
            var place = new ManifestPlace(file, _number, line);
            _found.Add(() => into.Bad(place, why));
        }

        public void Root(ManifestNode root, bool hadItems)
        {
            try
            {
                var (kind, version) = (root.TextAt("kind"), root.TextAt("apiVersion"));
                if (IsList(kind) || (hadItems && kind.Length == 0))
                {
                    foreach (var item in root.ListAt("items")) Item(item);
                    if (kind is "List" or "") (kind, version) = ("List", "");
                    foreach (var item in _kindless) Take(item, kind[..^"List".Length], version);
                    _kindless.Clear();
                    return;
                }

                // What it had are no objects of Kubernetes but the items of something else.
                _found.Clear();
                _kindless.Clear();
                Take(root, "", "");
            }
            catch (ManifestProblemException problem)
            {
                BadItem(problem.Line, problem.Message);
            }
        }

        public void Bad(int line, string why) => BadItem(line, why);

        public void End()
        {
            foreach (var item in _kindless) BadItem(item.Line, "an item of the list has no kind");
            foreach (var found in _found) found();
            _found.Clear();
            _kindless.Clear();
        }

        private static bool IsList(string kind) => kind.EndsWith("List", StringComparison.Ordinal);

        private void Take(ManifestNode node, string defaultKind, string defaultVersion)
        {
            var place = new ManifestPlace(file, _number, node.Line);
            try
            {
                var kind = node.TextAt("kind") is { Length: > 0 } own ? own : defaultKind;
                var version = node.TextAt("apiVersion") is { Length: > 0 } ownVersion ? ownVersion : defaultVersion;
                if (kind.Length == 0 && version.Length == 0)
                {
                    PassOver("no object of Kubernetes");
                    return;
                }

                if (kind.Length == 0 || version.Length == 0) throw new ManifestProblemException(node.Line, kind.Length == 0 ? "it has no kind" : "it has no apiVersion");
                if (IsList(kind) && node.Field("items") is { Shape: ManifestShape.List } items)
                {
                    foreach (var item in items.Items)
                    {
                        if (item.Shape == ManifestShape.Map) Take(item, kind[..^"List".Length], kind == "List" ? "" : version);
                        else BadItem(item.Line, "an item of the list is no object");
                    }

                    return;
                }

                if (ManifestObjects.Read(node, kind, version, into._defaultNamespace) is not { } found)
                {
                    PassOver(string.Create(CultureInfo.InvariantCulture, $"{YamlManifest.Shown(version)} {YamlManifest.Shown(kind)}"));
                    return;
                }

                _found.Add(() =>
                {
                    into.Keep(found, place);
                    if (ManifestObjects.IsOld(found, version)) into._old[version] = into._old.GetValueOrDefault(version) + 1;
                });
            }
            catch (ManifestProblemException problem)
            {
                BadItem(problem.Line, problem.Message);
            }
        }

        private void PassOver(string what) => _found.Add(() => into._passedOver[what] = into._passedOver.GetValueOrDefault(what) + 1);
    }

}
