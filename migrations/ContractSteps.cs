namespace Lapse.Migrations;

/// <summary>A migration that takes away or narrows what an earlier release still knew. Each is listed, with its reason.</summary>
/// <param name="Migration">The migration's id.</param>
/// <param name="What">What it does, in the words of <c>UpgradeTests</c>, such as <c>grants.last_error is gone</c>.</param>
/// <param name="Knows">The migration of the first release that did without it: a release that does not know this one no longer serves.</param>
/// <param name="Reason">Why it had to be.</param>
public sealed record ContractStep(string Migration, string What, string Knows, string Reason);

/// <summary>
/// The steps that are not additive. In a rolling upgrade the release before works on the new schema, so a migration only adds;
/// what it made superfluous goes with a later release, as a step of this list (CONTRIBUTING.md has the rule).
/// </summary>
public static class ContractSteps
{
    /// <summary>All of them, oldest first.</summary>
    public static IReadOnlyList<ContractStep> All { get; } = [];
}
