namespace Lapse.Portal.Hosting;

/// <summary>What somebody sees whose request failed.</summary>
internal static class RequestErrors
{
    /// <summary>Shows the error page; what is wrong with a request, such as a body that is too large, keeps its own status.</summary>
    public static void UseRequestErrors(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = "/error",
            CreateScopeForErrors = true,
            // Whoever reads the form for its antiforgery token wraps what is wrong with it.
            StatusCodeSelector = exception => (exception as BadHttpRequestException ?? exception.InnerException as BadHttpRequestException)?.StatusCode
                ?? StatusCodes.Status500InternalServerError,
        });
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch
            {
                // The page that says so is only shown; no form is answered there, and its body is not read again.
                context.Request.Method = HttpMethods.Get;
                throw;
            }
        });
    }
}
