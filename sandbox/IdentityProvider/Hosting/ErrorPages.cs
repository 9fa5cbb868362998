using Lapse.Sandbox.IdentityProvider.Pages;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lapse.Sandbox.IdentityProvider.Hosting;

/// <summary>Shows a person the protocol errors that cannot be sent back to an application, such as an unknown return address.</summary>
public static class ErrorPages
{
    private const string Path = "/problem";

    /// <summary>Adds the page.</summary>
    public static void UseErrorPages(this WebApplication app)
    {
        app.UseStatusCodePagesWithReExecute(Path);
        app.Map(Path, (HttpContext context) =>
        {
            var response = context.GetOpenIddictServerResponse();
            return new RazorComponentResult<MessagePage>(new
            {
                Title = response is null ? "There is nothing here" : "The application asked for something that is not allowed",
                Message = response is null
                    ? "Open the application that you want to use; it sends you here when you have to sign in."
                    : $"{response.Error}: {response.ErrorDescription}",
            })
            {
                StatusCode = context.Response.StatusCode,
            };
        }).DisableAntiforgery();
    }
}
