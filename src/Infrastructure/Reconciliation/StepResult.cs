namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What a worker does after a step.</summary>
internal enum StepResult
{
    /// <summary>Reads the grant again and goes on.</summary>
    Again,

    /// <summary>The grant was given back or is somebody else's: takes another.</summary>
    Released,
}
