using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Configuration;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>What a change would do, as files and commands for whoever does it by hand, in the order in which nobody is locked out.</summary>
/// <param name="Entry">The entry, as <c>lapse apply --file</c> reads it; empty where the catalogue offers it already.</param>
/// <param name="Remove">The commands that remove the bindings, once the entry can be asked for.</param>
/// <param name="Restore">The commands that make the same bindings again.</param>
public sealed record DryRun(string Entry, string Remove, string Restore)
{
    private static readonly JsonSerializerOptions Written = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Of an entry and the bindings that go.</summary>
    public static DryRun Of(AppliedEntry? entry, IReadOnlyList<ReviewedBinding> bindings) => new(
        entry is null ? "" : JsonSerializer.Serialize(new { entries = new[] { entry } }, Written) + "\n",
        string.Join('\n', bindings.Select(ManualCommands.Delete)),
        string.Join('\n', bindings.Select(ManualCommands.Create)));

    /// <summary>A proposal as an operator's file says it.</summary>
    /// <param name="proposal">The proposal.</param>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="workflow">The workflow's name.</param>
    public static AppliedEntry? EntryOf(JustInTimeProposal proposal, string cluster, string workflow) => proposal.Existing is not null ? null : new(
        ChangeApplication.NameOf(proposal.Title), proposal.Title, proposal.Description, cluster, proposal.Environment, proposal.Role, proposal.Namespaces,
        XmlConvert.ToString(proposal.Maximum), XmlConvert.ToString(proposal.Default), workflow, proposal.ConfirmAfterStepUp);
}
