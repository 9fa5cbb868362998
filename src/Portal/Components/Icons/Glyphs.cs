namespace Lapse.Portal.Components.Icons;

/// <summary>
/// The portal's own line icons on a 24 × 24 grid, as the inner markup of an SVG: for <see cref="Glyph"/>, and for
/// whatever of MudBlazor takes an icon.
/// </summary>
public static class Glyphs
{
    private const string Open = "<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.75\" stroke-linecap=\"round\" stroke-linejoin=\"round\">";
    private const string Close = "</g>";

    /// <summary>A house: Home.</summary>
    public const string Home = Open + "<path d=\"M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z\"/>" + Close;

    /// <summary>Four tiles: Catalogue.</summary>
    public const string Catalogue = Open + "<rect x=\"4\" y=\"4\" width=\"6.5\" height=\"6.5\" rx=\"1\"/><rect x=\"13.5\" y=\"4\" width=\"6.5\" height=\"6.5\" rx=\"1\"/><rect x=\"4\" y=\"13.5\" width=\"6.5\" height=\"6.5\" rx=\"1\"/><rect x=\"13.5\" y=\"13.5\" width=\"6.5\" height=\"6.5\" rx=\"1\"/>" + Close;

    /// <summary>A sheet with lines: Requests.</summary>
    public const string Requests = Open + "<path d=\"M6 3.5h8l4 4V20a.5.5 0 0 1-.5.5h-11A.5.5 0 0 1 6 20zM14 3.5V8h4M9 12.5h6M9 16h4\"/>" + Close;

    /// <summary>A tray with a tick: Approvals.</summary>
    public const string Approvals = Open + "<path d=\"M4 13.5v5a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-5h-4.5l-1.5 2h-4l-1.5-2zM8 7.5l3 3 5.5-6\"/>" + Close;

    /// <summary>A key: Access.</summary>
    public const string Access = Open + "<circle cx=\"8\" cy=\"15.5\" r=\"4\"/><path d=\"M11 12.5l8.5-8.5M16 7.5l2.5 2.5M13.5 10l1.5 1.5\"/>" + Close;

    /// <summary>Linked rows: Ledger.</summary>
    public const string Ledger = Open + "<path d=\"M5 4.5h14v4H5zM5 15.5h14v4H5zM12 8.5v7\"/>" + Close;

    /// <summary>Paths that meet: the audit of RBAC.</summary>
    public const string Audit = Open + "<circle cx=\"5.5\" cy=\"6\" r=\"2\"/><circle cx=\"5.5\" cy=\"18\" r=\"2\"/><circle cx=\"18.5\" cy=\"12\" r=\"2\"/><path d=\"M7.5 6h2.5c3 0 3 6 6.5 6M7.5 18h2.5c3 0 3-6 6.5-6\"/>" + Close;

    /// <summary>Stacked servers: Clusters.</summary>
    public const string Cluster = Open + "<rect x=\"4\" y=\"4.5\" width=\"16\" height=\"6\" rx=\"1\"/><rect x=\"4\" y=\"13.5\" width=\"16\" height=\"6\" rx=\"1\"/><path d=\"M7.5 7.5h.01M7.5 16.5h.01\"/>" + Close;

    /// <summary>Sliders: settings.</summary>
    public const string Settings = Open + "<path d=\"M4 7h9M17 7h3M4 17h3M11 17h9\"/><circle cx=\"15\" cy=\"7\" r=\"2\"/><circle cx=\"9\" cy=\"17\" r=\"2\"/>" + Close;

    /// <summary>A magnifying glass.</summary>
    public const string Search = Open + "<circle cx=\"10.5\" cy=\"10.5\" r=\"6\"/><path d=\"M15 15l5 5\"/>" + Close;

    /// <summary>A tick.</summary>
    public const string Check = Open + "<path d=\"M5 12.5l4.5 4.5L19 7\"/>" + Close;

    /// <summary>A tick in a circle: done, active.</summary>
    public const string Done = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M8.5 12.2l2.5 2.5 4.7-5\"/>" + Close;

    /// <summary>A cross.</summary>
    public const string Cross = Open + "<path d=\"M6.5 6.5l11 11M17.5 6.5l-11 11\"/>" + Close;

    /// <summary>A cross in a circle: denied, failed.</summary>
    public const string Denied = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M9.2 9.2l5.6 5.6M14.8 9.2l-5.6 5.6\"/>" + Close;

    /// <summary>A clock: waiting.</summary>
    public const string Clock = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M12 7.5V12l3 2\"/>" + Close;

    /// <summary>A triangle with a mark: danger.</summary>
    public const string Warning = Open + "<path d=\"M12 4.5l8.5 15h-17zM12 10v4.5M12 17h.01\"/>" + Close;

    /// <summary>An i in a circle: a note.</summary>
    public const string Info = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M12 11.5V16M12 8.2h.01\"/>" + Close;

    /// <summary>A question mark in a circle: help.</summary>
    public const string Help = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M9.6 9.7a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M12 16.3h.01\"/>" + Close;

    /// <summary>A bar in a circle: ended.</summary>
    public const string Ended = Open + "<circle cx=\"12\" cy=\"12\" r=\"8.25\"/><path d=\"M8.5 12h7\"/>" + Close;

    /// <summary>An arrow that goes back: withdrawn, dropped.</summary>
    public const string Back = Open + "<path d=\"M9 6.5L4.5 11 9 15.5M4.5 11H15a4.5 4.5 0 0 1 0 9h-2\"/>" + Close;

    /// <summary>A shield with a tick: a proof.</summary>
    public const string Shield = Open + "<path d=\"M12 3.5l7 2.5v5.5c0 4.2-2.9 7.3-7 9-4.1-1.7-7-4.8-7-9V6zM8.8 11.8l2.3 2.3 4.1-4.4\"/>" + Close;

    /// <summary>A turning arc: under way.</summary>
    public const string Progress = Open + "<path d=\"M20 12a8 8 0 1 1-4.5-7.2M20 4v4.5h-4.5\"/>" + Close;

    /// <summary>A plus.</summary>
    public const string Plus = Open + "<path d=\"M12 5.5v13M5.5 12h13\"/>" + Close;

    /// <summary>A chevron that points down.</summary>
    public const string Down = Open + "<path d=\"M7 10l5 5 5-5\"/>" + Close;

    /// <summary>A chevron that points right.</summary>
    public const string Right = Open + "<path d=\"M10 7l5 5-5 5\"/>" + Close;

    /// <summary>Two sheets: copy.</summary>
    public const string Copy = Open + "<rect x=\"8.5\" y=\"8.5\" width=\"11\" height=\"11\" rx=\"1.5\"/><path d=\"M15.5 8.5V6A1.5 1.5 0 0 0 14 4.5H6A1.5 1.5 0 0 0 4.5 6v8A1.5 1.5 0 0 0 6 15.5h2.5\"/>" + Close;

    /// <summary>A person.</summary>
    public const string Person = Open + "<circle cx=\"12\" cy=\"8.5\" r=\"4\"/><path d=\"M4.5 20c.7-3.7 3.7-5.5 7.5-5.5s6.8 1.8 7.5 5.5\"/>" + Close;

    /// <summary>An arrow out of a door: sign out.</summary>
    public const string SignOut = Open + "<path d=\"M10 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h4M14.5 8l4 4-4 4M18.5 12H10\"/>" + Close;

    /// <summary>A speech bubble: a comment.</summary>
    public const string Comment = Open + "<path d=\"M4.5 5.5h15v10.5H11l-4 3.5v-3.5H4.5z\"/>" + Close;
}
