using System.Web;
using Xunit;

namespace Lapse.Sandbox.Tests.Provider;

internal static class CallbackAssert
{
    /// <summary>The browser came back to the client with this error and its own state, and without a code.</summary>
    public static void Error(string error, AuthorizationRequest request, Uri callback)
    {
        Assert.StartsWith(request.RedirectUri, callback.AbsoluteUri, StringComparison.Ordinal);
        var answer = HttpUtility.ParseQueryString(callback.Query);
        Assert.Equal(error, answer["error"]);
        Assert.Equal(request.Parameters["state"], answer["state"]);
        Assert.Null(answer["code"]);
    }
}
