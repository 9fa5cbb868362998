using Lapse.Portal.Components.Icons;
using Lapse.Portal.Components.Viewer;

namespace Lapse.Portal.Components.Layout;

/// <summary>One entry of the navigation.</summary>
/// <param name="Title">Its word, which is also its accessible name.</param>
/// <param name="Href">Where it leads.</param>
/// <param name="Hotkey">The keys that press it, separated by a space.</param>
/// <param name="Icon">Its icon.</param>
public sealed record NavigationEntry(string Title, string Href, string Hotkey, string Icon)
{
    /// <summary>Who sees it; everybody unless said otherwise.</summary>
    public Func<ViewerContext, bool> ShownTo { get; init; } = _ => true;

    /// <summary>Whether it carries the number of requests that wait for the viewer.</summary>
    public bool CountsApprovals { get; init; }
}

/// <summary>What the navigation and the help for the keyboard list.</summary>
public static class NavigationModel
{
    /// <summary>The pages for everybody, and the audit and the ledger for those who may read them.</summary>
    public static IReadOnlyList<NavigationEntry> Main { get; } =
    [
        new("Home", "/", "g h", Glyphs.Home),
        new("Catalogue", "/catalogue", "g c", Glyphs.Catalogue),
        new("Requests", "/requests", "g r", Glyphs.Requests),
        new("Approvals", "/approvals", "g p", Glyphs.Approvals) { CountsApprovals = true },
        new("Access", "/access", "g a", Glyphs.Access),
        new("Audit", "/rbac", "g b", Glyphs.Audit) { ShownTo = viewer => viewer.SeesLedger },
        new("Ledger", "/ledger", "g l", Glyphs.Ledger) { ShownTo = viewer => viewer.SeesLedger },
    ];

    /// <summary>The pages for administrators.</summary>
    public static IReadOnlyList<NavigationEntry> Admin { get; } =
    [
        new("Clusters", "/admin/clusters", "g k", Glyphs.Cluster),
        new("Catalogue entries", "/admin/catalogue", "g e", Glyphs.Settings),
        new("People", "/admin/people", "g u", Glyphs.Person),
        new("Identity provider", PortalPaths.AdminProvider, "g i", Glyphs.Shield),
        new("Emergency", "/admin/emergency", "g x", Glyphs.Warning),
    ];
}
