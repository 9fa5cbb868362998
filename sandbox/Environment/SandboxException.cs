namespace Lapse.Sandbox;

/// <summary>
/// A part of the sandbox could not be installed, built or started. The message is one sentence for the person at the
/// terminal: what is wrong and what to do about it.
/// </summary>
public sealed class SandboxException : Exception
{
    /// <summary>Without a sentence; only here because every exception has it.</summary>
    public SandboxException()
    {
    }

    /// <summary>What is wrong and what to do.</summary>
    public SandboxException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong and what to do, and where it came from.</summary>
    public SandboxException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
