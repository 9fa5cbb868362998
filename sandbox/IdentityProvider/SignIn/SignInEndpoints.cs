using Lapse.Sandbox.IdentityProvider.Pages;
using Lapse.Sandbox.IdentityProvider.People;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>The pages on which a person signs in. Every form carries an antiforgery token, which binding it checks.</summary>
public static class SignInEndpoints
{
    /// <summary>Where a sign-out ends without an application to return to.</summary>
    public const string SignedOut = "/signed-out";

    /// <summary>The password form's address.</summary>
    public const string PasswordPath = "/sign-in";

    /// <summary>The one-time code form's address.</summary>
    public const string CodePath = "/sign-in/code";

    /// <summary>Where the <c>Cancel</c> buttons post to.</summary>
    public const string CancelPath = "/sign-in/cancel";

    /// <summary>Where the code page's script asks for the code of the next half minute.</summary>
    public const string CurrentCodePath = "/sign-in/current-code";

    /// <summary>The first page of an interaction.</summary>
    public static string Address(Interaction interaction) => With(PasswordPath, interaction);

    /// <summary>A page of an interaction.</summary>
    public static string With(string path, Interaction interaction) => $"{path}?{Interactions.Parameter}={interaction.Id}";

    /// <summary>Adds the pages.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapGet(PasswordPath, ShowPassword);
        app.MapPost(PasswordPath, CheckPasswordAsync);
        app.MapGet(CodePath, ShowCode);
        app.MapPost(CodePath, CheckCodeAsync);
        app.MapPost(CancelPath, Cancel);
        app.MapGet(CurrentCodePath, CurrentCode);
        app.MapGet(SignedOut, () => new RazorComponentResult<MessagePage>(new
        {
            Title = "You are signed out",
            Message = "The provider of the sandbox no longer knows you in this browser.",
        }));
    }

    private static IResult ShowPassword(HttpContext context, Interactions interactions, PeopleFile people, string? interaction) =>
        interactions.Find(context, interaction) is { End: InteractionEnd.Open } open
            ? PasswordPage(open, people, open.UserName, null)
            : Over();

    private static async Task<IResult> CheckPasswordAsync(
        HttpContext context, Interactions interactions, PeopleFile people, Attempts attempts, TimeProvider clock, [FromForm] PasswordForm form)
    {
        if (interactions.Find(context, form.Interaction) is not { } open)
            return Over();
        if (open.End != InteractionEnd.Open)
            return Results.Redirect(Interactions.Back(open));

        var person = people.WithUserName(form.UserName);
        if (person is not null && attempts.SecondsToWait(person.Sub) is > 0 and var seconds)
            return PasswordPage(open, people, form.UserName, $"Too many wrong answers. Try again in {seconds} s.");
        if (person is null || !Secrets.Same(person.Password, form.Password))
        {
            if (person is not null)
                attempts.Wrong(person.Sub);
            return PasswordPage(open, people, form.UserName, "User name or password is wrong. In this sandbox the password is the user name.");
        }

        if (!open.Demand.WantsCode(person))
            return await FinishAsync(context, open, person, mfa: false, attempts, clock);
        if (person.Totp is null)
        {
            open.End = InteractionEnd.Unmet;
            return Results.Redirect(Interactions.Back(open));
        }

        open.PasswordOf = person.Sub;
        return Results.Redirect(With(CodePath, open));
    }

    private static IResult ShowCode(HttpContext context, Interactions interactions, PeopleFile people, OneTimeCodes codes, string? interaction) =>
        OwesCode(interactions.Find(context, interaction), people) is var (open, person) && open.End == InteractionEnd.Open
            ? CodePage(open, person, codes, null)
            : Over();

    private static async Task<IResult> CheckCodeAsync(
        HttpContext context, Interactions interactions, PeopleFile people, OneTimeCodes codes, Attempts attempts, TimeProvider clock, [FromForm] CodeForm form)
    {
        if (OwesCode(interactions.Find(context, form.Interaction), people) is not var (open, person))
            return Over();
        if (open.End != InteractionEnd.Open)
            return Results.Redirect(Interactions.Back(open));
        if (attempts.SecondsToWait(person.Sub) is > 0 and var seconds)
            return CodePage(open, person, codes, $"Too many wrong answers. Try again in {seconds} s.");

        switch (codes.Verify(person, form.Code ?? ""))
        {
            case CodeCheck.Accepted:
                return await FinishAsync(context, open, person, mfa: true, attempts, clock);
            case CodeCheck.Used:
                return CodePage(open, person, codes, "This code has been used already. Each code is good for once; take the next one.");
            default:
                attempts.Wrong(person.Sub);
                return CodePage(open, person, codes, "This code is wrong. It has six digits and changes every 30 s.");
        }
    }

    private static IResult Cancel(HttpContext context, Interactions interactions, [FromForm] CancelForm form)
    {
        if (interactions.Find(context, form.Interaction) is not { } open)
            return Over();
        if (open.End == InteractionEnd.Open)
            open.End = InteractionEnd.Cancelled;
        return Results.Redirect(Interactions.Back(open));
    }

    private static IResult CurrentCode(HttpContext context, Interactions interactions, PeopleFile people, OneTimeCodes codes, string? interaction) =>
        OwesCode(interactions.Find(context, interaction), people) is var (_, person)
            ? Results.Json(codes.Show(person))
            : Results.NotFound();

    private static async Task<IResult> FinishAsync(
        HttpContext context, Interaction open, SandboxPerson person, bool mfa, Attempts attempts, TimeProvider clock)
    {
        attempts.Right(person.Sub);
        await new Session(person.Sub, clock.GetUtcNow(), mfa).WriteAsync(context);
        (open.Sub, open.End) = (person.Sub, InteractionEnd.SignedIn);
        return Results.Redirect(Interactions.Back(open));
    }

    private static (Interaction Open, SandboxPerson Person)? OwesCode(Interaction? interaction, PeopleFile people) =>
        interaction?.PasswordOf is { } sub && people.WithSub(sub) is { Totp: not null } person ? (interaction, person) : null;

    private static RazorComponentResult<PasswordPage> PasswordPage(Interaction open, PeopleFile people, string? userName, string? error) =>
        new(new { Interaction = open, People = people.All(), UserName = userName, Error = error })
        {
            StatusCode = error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
        };

    private static RazorComponentResult<CodePage> CodePage(Interaction open, SandboxPerson person, OneTimeCodes codes, string? error) =>
        new(new { Interaction = open, Person = person, Shown = codes.Show(person), Error = error })
        {
            StatusCode = error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
        };

    private static RazorComponentResult<MessagePage> Over() => new(new
    {
        Title = "This sign-in is over",
        Message = "It was finished or cancelled, belongs to another browser, or waited too long. Nothing was changed. Go back to the application and start again.",
    })
    {
        StatusCode = StatusCodes.Status400BadRequest,
    };
}
