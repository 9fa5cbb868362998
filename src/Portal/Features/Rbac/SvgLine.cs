using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Lapse.Portal.Features.Rbac;

/// <summary>A line of text in an SVG. Razor has a meaning of its own for an element of that name, so it is written here.</summary>
public sealed class SvgLine : ComponentBase
{
    /// <summary>The left edge.</summary>
    [Parameter]
    public int X { get; set; }

    /// <summary>The baseline.</summary>
    [Parameter]
    public int Y { get; set; }

    /// <summary>The class.</summary>
    [Parameter]
    public string Class { get; set; } = "";

    /// <summary>The text.</summary>
    [Parameter]
    public string Text { get; set; } = "";

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "x", X);
        builder.AddAttribute(2, "y", Y);
        builder.AddAttribute(3, "class", Class);
        builder.AddContent(4, Text);
        builder.CloseElement();
    }
}
