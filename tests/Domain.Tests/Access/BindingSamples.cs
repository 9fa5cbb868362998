using System.Security.Cryptography;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Tests.Access;

/// <summary>Bindings to test with.</summary>
internal static class BindingSamples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public static BindingSpec Spec() => new()
    {
        GrantId = UuidId.New<GrantId>(Now),
        RequestId = UuidId.New<AccessRequestId>(Now),
        Cluster = "sandbox",
        Namespace = "payments-prod",
        Role = new(RoleKind.ClusterRole, "edit"),
        User = "oidc:alice",
        Probe = BindingProbe.NewName(),
        NotAfter = Now.AddHours(1),
        Approvers = ["oidc:bob"],
        Ticket = "OPS-17",
    };

    public static ECDsa Key() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static BindingObject Stored(this BindingSpec spec, string signature) =>
        spec.ToObject(signature) with { Uid = "7e4b1b0e-0c0f-4f5c-9d35-0a4a6f5f9a11", CreatedAt = Now };

    public static Dictionary<string, string> With(this IReadOnlyDictionary<string, string> keys, string key, string value) =>
        new(keys) { [key] = value };

    public static Dictionary<string, string> Without(this IReadOnlyDictionary<string, string> keys, string key)
    {
        var rest = new Dictionary<string, string>(keys);
        rest.Remove(key);
        return rest;
    }
}
