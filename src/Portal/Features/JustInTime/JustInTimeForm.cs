using Lapse.Domain;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>What an admin decides about making standing access just-in-time. Role and place follow from the bindings.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Bindings">The bindings, as the audit calls them.</param>
/// <param name="Existing">The entry that offers it already; <see langword="null"/> to make one.</param>
/// <param name="Title">What people call the new entry.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Maximum">Its longest duration.</param>
/// <param name="Default">Its usual duration.</param>
/// <param name="WorkflowId">Its workflow.</param>
/// <param name="ConfirmAfterStepUp">Whether one last click is wanted after each step-up.</param>
/// <param name="Accepted">The names of those who would be left without a way to ask, as the admin typed them.</param>
public sealed record JustInTimeForm(
    string Cluster, IReadOnlyList<string> Bindings, ElevatedRoleId? Existing, string Title, string Description, TimeSpan Maximum, TimeSpan Default, WorkflowId WorkflowId, bool ConfirmAfterStepUp, string Accepted);
