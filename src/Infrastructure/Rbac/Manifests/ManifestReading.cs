using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>Where an object stands in manifests.</summary>
/// <param name="File">The file, as the path that was given leads to it.</param>
/// <param name="Document">Which document of the file, from 1.</param>
/// <param name="Line">The line that the object begins with, from 1.</param>
public sealed record ManifestPlace(string File, int Document, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}, document {Document}, line {Line}";
}

/// <summary>What was read of manifests.</summary>
public sealed record ManifestReading
{
    /// <summary>What they say. Aggregated ClusterRoles have the rules that the controller would write.</summary>
    public required RbacState State { get; init; }

    /// <summary>Where each object stands, by its <see cref="RbacObject.Reference"/>.</summary>
    public required IReadOnlyDictionary<string, ManifestPlace> Places { get; init; }

    /// <summary>Where each gap is, for those that have a place.</summary>
    public required IReadOnlyDictionary<string, ManifestPlace> GapPlaces { get; init; }

    /// <summary>What is worth knowing and leaves nothing out, such as old versions of the API.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>How many objects of kinds that say nothing about access were passed over, by kind.</summary>
    public required ImmutableSortedDictionary<string, int> PassedOver { get; init; }

    /// <summary>How many files were read.</summary>
    public required int Files { get; init; }

    /// <summary>How many objects the state has.</summary>
    public int Objects => State.Roles.Length + State.Bindings.Length + State.ServiceAccounts.Length + State.Namespaces.Length + State.Workloads.Length + State.Tokens.Length;

    /// <summary>Whether there was no object of Kubernetes at all, of whatever kind.</summary>
    public bool IsEmpty => Objects == 0 && PassedOver.IsEmpty;
}
