using MudBlazor;

namespace Lapse.Portal.Components.Elements;

/// <summary>Opens <see cref="ConfirmDialog"/>.</summary>
public static class ConfirmDialogs
{
    /// <summary>Asks before something is taken away.</summary>
    /// <param name="dialogs">MudBlazor's dialog service; the layout has its provider.</param>
    /// <param name="title">The question: <c>Revoke alice's admin in web-prod?</c></param>
    /// <param name="text">What it means.</param>
    /// <param name="confirm">The words of the button that does it, which say what is destroyed.</param>
    /// <param name="consequences">What else follows, a line each.</param>
    /// <param name="keep">The words of the button that leaves all as it is.</param>
    /// <returns>Whether the person confirmed; Escape and closing mean no.</returns>
    public static async Task<bool> ConfirmAsync(
        this IDialogService dialogs,
        string title,
        string text,
        string confirm,
        IReadOnlyList<string>? consequences = null,
        string keep = "Keep it")
    {
        var parameters = new DialogParameters<ConfirmDialog>
        {
            { dialog => dialog.Title, title },
            { dialog => dialog.Text, text },
            { dialog => dialog.Confirm, confirm },
            { dialog => dialog.Consequences, consequences ?? [] },
            { dialog => dialog.Keep, keep },
        };
        var shown = await dialogs.ShowAsync<ConfirmDialog>(title, parameters);
        return await shown.Result is { Canceled: false };
    }
}
