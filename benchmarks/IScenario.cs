namespace Lapse.Benchmarks;

/// <summary>One thing that is measured, beside the limit that it is compared with, on the same servers.</summary>
internal interface IScenario
{
    /// <summary>Its name on the command line, in one word.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    /// <param name="bench">The servers, and how large the run is.</param>
    /// <param name="table">Takes the figures, each as soon as it is known.</param>
    /// <param name="cancellation">Stops it.</param>
    Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation);
}
