using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What a box of the picture of paths stands for.</summary>
internal enum PathBoxKind
{
    /// <summary>A subject or another place.</summary>
    Place,

    /// <summary>A binding and the role that it gives.</summary>
    Binding,

    /// <summary>Several that are folded.</summary>
    Folded,
}

/// <summary>A box of the picture.</summary>
/// <param name="Key">Which, in addresses.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Title">Its first line.</param>
/// <param name="Note">Its second line; may be empty.</param>
/// <param name="Subject">Who it is, if it is somebody.</param>
/// <param name="X">Its left edge.</param>
/// <param name="Y">Its upper edge.</param>
/// <param name="Next">The box that its way goes on to, by its key; empty for the target. Of what is folded it is the box that unfolds.</param>
internal sealed record PathBox(string Key, PathBoxKind Kind, string Title, string Note, Subject? Subject, int X, int Y, string Next);

/// <summary>A line from the right edge of one box to the left edge of another.</summary>
internal sealed record PathLine(int FromX, int FromY, int ToX, int ToY, bool IsCertain);

/// <summary>
/// Ways to one target as a picture in layers: subject, binding with role, place, and so on to the target at the right. A shortest way
/// goes on from each place alike, so the ways are the branches of a tree; where too many branches meet, all but a few are one box that
/// an address unfolds.
/// </summary>
internal sealed class PathPicture
{
    /// <summary>The width of a box.</summary>
    public const int BoxWidth = 200;

    /// <summary>The height of a box.</summary>
    public const int BoxHeight = 40;

    // So many branches are drawn where more meet.
    private const int MostBranches = 6;
    private const int Column = BoxWidth + 44;
    private const int Row = BoxHeight + 12;

    private readonly List<PathBox> _boxes = [];
    private readonly List<PathLine> _lines = [];
    private readonly IReadOnlySet<string> _open;
    private int _deepest;
    private int _rows;

    private PathPicture(IReadOnlySet<string> open) => _open = open;

    /// <summary>The boxes, in reading order from each subject to the target.</summary>
    public IReadOnlyList<PathBox> Boxes => _boxes;

    /// <summary>The lines.</summary>
    public IReadOnlyList<PathLine> Lines => _lines;

    /// <summary>The width of the whole.</summary>
    public int Width => (_deepest * Column) + BoxWidth;

    /// <summary>The height of the whole.</summary>
    public int Height => Math.Max(1, _rows) * Row;

    /// <summary>Draws ways.</summary>
    /// <param name="paths">Shortest ways to one target.</param>
    /// <param name="open">The keys of what is unfolded.</param>
    public static PathPicture Of(IReadOnlyList<AttackPath> paths, IReadOnlySet<string> open)
    {
        var picture = new PathPicture(open);
        if (paths.Count == 0) return picture;
        var root = new Branch("", PathBoxKind.Place, paths[0].To.ToString(), "", null);
        foreach (var path in paths) Add(root, path);
        picture._deepest = picture.DepthOf(root);
        picture.Place(root, 0, "");
        return picture;
    }

    private static void Add(Branch root, AttackPath path)
    {
        var at = root;
        at.Ways++;
        for (var i = path.Steps.Length - 1; i >= 0; i--)
        {
            var step = path.Steps[i];
            var certain = step.Assumes.Length == 0;
            if (step.By.Length > 0)
                at = at.To($"{step.Kind}|{step.By[0].Binding.Reference}|{step.By[0].Role.Reference}", PathBoxKind.Binding, step.By[0].Binding.Reference, $"{step.By[0].Role.Reference}{(step.By.Length > 1 ? ", and more" : "")}", null, certain);
            at = at.To(step.From.ToString(), PathBoxKind.Place, step.From.Subject is { } who ? RbacWords.Name(who) : step.From.ToString(), step.From.Subject is { } known ? RbacWords.Of(known.Kind) : "", step.From.Subject, certain);
        }
    }

    // The bigger branches first, so that what is folded is the small ones; what runs the cluster itself last.
    private (List<Branch> Shown, List<Branch> Folded) Split(Branch branch)
    {
        var all = branch.Children.Values.OrderBy(child => child.Subject is { Namespace: "kube-system" }).ThenByDescending(child => child.Ways).ThenBy(child => child.Title, StringComparer.Ordinal).ToList();
        return all.Count <= MostBranches + 1 || _open.Contains(branch.Key) ? (all, []) : (all[..MostBranches], all[MostBranches..]);
    }

    private int DepthOf(Branch branch)
    {
        var (shown, folded) = Split(branch);
        return Math.Max(folded.Count > 0 ? 1 : 0, shown.Count == 0 ? 0 : 1 + shown.Max(DepthOf));
    }

    /// <returns>The middle of the box.</returns>
    private int Place(Branch branch, int depth, string next)
    {
        var (shown, folded) = Split(branch);
        var x = (_deepest - depth) * Column;
        var children = shown.ConvertAll(child => (Y: Place(child, depth + 1, branch.Key), child.IsCertain));
        if (folded.Count > 0)
        {
            var at = _rows++ * Row;
            _boxes.Add(new(branch.Key, PathBoxKind.Folded, $"and {folded.Count} more", folded.Sum(child => child.Ways) is var ways && ways != folded.Count ? $"with {ways} subjects" : "", null, x - Column, at, branch.Key));
            children.Add((at + (BoxHeight / 2), folded.TrueForAll(child => child.IsCertain)));
        }

        var middle = children.Count == 0 ? (_rows++ * Row) + (BoxHeight / 2) : (children[0].Y + children[^1].Y) / 2;
        _lines.AddRange(children.Select(child => new PathLine(x - Column + BoxWidth, child.Y, x, middle, child.IsCertain)));
        _boxes.Add(new(branch.Key, branch.Kind, branch.Title, branch.Note, branch.Subject, x, middle - (BoxHeight / 2), next));
        return middle;
    }

    private sealed class Branch(string path, PathBoxKind kind, string title, string note, Subject? subject)
    {
        public string Key { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 6));

        public PathBoxKind Kind { get; } = kind;

        public string Title { get; } = title;

        public string Note { get; } = note;

        public Subject? Subject { get; } = subject;

        public bool IsCertain { get; private set; } = true;


        public int Ways { get; set; }

        public Dictionary<string, Branch> Children { get; } = new(StringComparer.Ordinal);

        public Branch To(string name, PathBoxKind of, string headline, string below, Subject? who, bool certain)
        {
            if (!Children.TryGetValue(name, out var child)) Children[name] = child = new Branch($"{path}\n{name}", of, headline, below, who) { IsCertain = certain };
            child.Ways++;
            return child;
        }
    }
}
