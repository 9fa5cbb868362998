using Lapse.Domain;
using Lapse.Infrastructure.Notifications;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Lapse.Portal.Components;

/// <summary>
/// A page that shows what one query reads. It loads when its address changes and whenever something that it shows has changed
/// in the database, in whichever replica; it keeps showing what it has while it reads again, and turns refusals and failures into words; <see cref="PageBody"/> draws each of these states.
/// </summary>
/// <typeparam name="TAsk">What the address says.</typeparam>
/// <typeparam name="TView">What the page shows.</typeparam>
public abstract class LivePage<TAsk, TView> : ComponentBase, IDisposable
    where TAsk : class
    where TView : class
{
    private readonly CancellationTokenSource _gone = new();
    private TAsk? _asked;
    private int _reading;
    private IDisposable? _changes;
    private bool _stale;
    private bool _refreshing;

    /// <summary>The page's query.</summary>
    [Inject]
    public required IPageQuery<TAsk, TView> Query { get; init; }

    /// <summary>Where unexpected failures go.</summary>
    [Inject]
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>Says what changed in the database.</summary>
    [Inject]
    public required ChangeFeed Changes { get; init; }

    /// <summary>Leaves for other pages.</summary>
    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    private Task<AuthenticationState>? SignIn { get; set; }

    /// <summary>What the address asks for now; equal asks are not read twice.</summary>
    protected abstract TAsk Asked { get; }

    /// <summary>Who looks; <see langword="null"/> before the first load and for nobody.</summary>
    protected Actor? Actor { get; private set; }

    /// <summary>What is shown; <see langword="null"/> until it was read once for this address.</summary>
    protected TView? View { get; set; }

    /// <summary>Why it is not shown.</summary>
    protected Refusal? Denied { get; private set; }

    /// <summary>The number of a failure, which the log has too; <see langword="null"/> while nothing failed.</summary>
    protected string? Failure { get; private set; }

    /// <summary>Stops what the page has under way when it is left.</summary>
    protected CancellationToken Gone => _gone.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what the page has under way.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && !_gone.IsCancellationRequested)
        {
            _changes?.Dispose();
            _gone.Cancel();
            _gone.Dispose();
        }
    }

    /// <summary>
    /// Whether a change, such as <c>request:ID</c>, concerns what is shown; unless a page knows better, every change of a request
    /// or grant. Called on any thread, for every change that there is.
    /// </summary>
    protected virtual bool Concerns(string change) =>
        change.StartsWith("request:", StringComparison.Ordinal) || change.StartsWith("grant:", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _changes ??= Changes.Subscribe(Concerns, _ => InvokeAsync(Refresh));
        if (Asked.Equals(_asked)) return;
        _asked = Asked;
        (View, Denied, Failure) = (null, null, null);
        await ReloadAsync();
    }

    /// <summary>Reads again and shows what is new; of two readings at once the later one counts.</summary>
    protected async Task ReloadAsync()
    {
        var reading = ++_reading;
        try
        {
            Actor ??= Actor.From(SignIn is null ? null : (await SignIn).User);
            var outcome = Actor is { } actor ? await ReadAsync(actor) : SignInMissing;
            if (reading != _reading || _gone.IsCancellationRequested) return;
            (Denied, Failure) = (outcome.Refusal, null);
            View = outcome.Succeeded ? outcome.Value : null;
            if (View is not null) Loaded(View);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            if (reading != _reading) return;
            Failed(exception, "A page could not be read.");
        }
        StateHasChanged();
    }

    // However many changes come while it reads, one more reading shows them all; so the feed is not kept waiting for it.
    private void Refresh()
    {
        _stale = true;
        if (!_refreshing) _ = RefreshAsync();
    }

    private async Task RefreshAsync()
    {
        _refreshing = true;
        while (_stale && !_gone.IsCancellationRequested)
        {
            _stale = false;
            await ReloadAsync();
        }
        _refreshing = false;
    }

    /// <summary>Asks the query; a page that holds more than one part of a list asks for as much as it shows.</summary>
    protected virtual Task<Outcome<TView>> ReadAsync(Actor actor) => Query.AskAsync(actor, Asked, Gone);

    /// <summary>Runs after each reading that brought something.</summary>
    protected virtual void Loaded(TView view)
    {
    }

    /// <summary>Runs a use case for whoever looks. A failure is logged and shown with its number.</summary>
    /// <returns>The outcome; <see langword="null"/> after a failure.</returns>
    protected async Task<Outcome<T>?> RunAsync<T>(Func<Actor, CancellationToken, Task<Outcome<T>>> act)
    {
        Failure = null;
        if (Actor is not { } actor) return SignInMissing.Refusal!;
        try
        {
            // What was begun is finished, also when the person has left the page meanwhile.
            return await act(actor, CancellationToken.None);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Failed(exception, "An act failed.");
            StateHasChanged();
            return null;
        }
    }

    private static Outcome<TView> SignInMissing { get; } = new Refusal("SignInAgain", "Your sign-in has ended. Nothing was lost; sign in again.", PortalPaths.SignIn);

    private void Failed(Exception exception, string what)
    {
        Failure = CorrelationId.New();
        Loggers.CreateLogger(GetType()).LogError(exception, "{What} Correlation id {CorrelationId}.", what, Failure);
    }
}
