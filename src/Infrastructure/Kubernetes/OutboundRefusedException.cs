namespace Lapse.Infrastructure.Kubernetes;

/// <summary>A call that Lapse did not make, or an answer that it did not take, because of where it leads.</summary>
public sealed class OutboundRefusedException(string message) : HttpRequestException(message)
{
    /// <summary>The refusal among an exception and its causes, if it is there; the handlers below wrap it.</summary>
    public static OutboundRefusedException? In(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
            if (exception is OutboundRefusedException refused) return refused;
        return null;
    }
}
