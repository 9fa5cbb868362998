using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Evidence;

/// <summary>Checks that the binding gave exactly what was asked and approved, for no longer, and that Lapse signed it.</summary>
internal static class BundleBinding
{
    public static string Check(JsonObject bundle)
    {
        var prepared = BundleLedger.Of(bundle, LedgerActs.GrantPrepared);
        if (bundle.ObjectOrNull("binding") is not { } binding)
        {
            BundleFault.Unless(prepared.Count == 0, "The ledger says that a binding was announced, and the bundle has none.");
            return "None was ever announced.";
        }
        var annotations = binding.Object("annotations").ToDictionary(annotation => annotation.Key, annotation => annotation.Value.Text());
        var role = binding.Text("roleRef").Split('/', 2);
        var found = new BindingObject
        {
            Name = binding.Text("name"),
            Namespace = binding.TextOrNull("namespace"),
            Annotations = annotations,
            RoleRef = new(BindingKeys.RbacGroup, role[0], role[^1]),
            Subjects = [.. binding.Texts("subjects").Select(BindingSubject.User)],
        };
        var spec = BindingReading.Read(found) ?? throw new BundleFault("The binding does not carry what Lapse writes.");
        using var key = ECDsa.Create();
        key.ImportFromPem(bundle.Text("bindingKey"));
        BundleFault.Unless(BindingSignature.Verify(spec, annotations.GetValueOrDefault(BindingKeys.Signature), key), "The binding's signature is not over what it says.");

        var act = bundle.Object("request", "proof", "act");
        var namespaces = act.Texts("content", "namespaces");
        BundleFault.Unless(spec.GrantId.ToString() == bundle.Text("grant", "id") && spec.RequestId.ToString() == bundle.Text("request", "id") && found.Name == spec.Name, "The binding is of another grant.");
        BundleFault.Unless(spec.Namespace == found.Namespace && spec.Namespace == bundle.TextOrNull("grant", "namespace") && (spec.Namespace is null ? namespaces.Count == 0 : namespaces.Contains(spec.Namespace, StringComparer.Ordinal)), "The binding is in a place that was not asked for.");
        BundleFault.Unless(spec.Role.ToString() == act.Text("content", "role") && found.RoleRef.ToString() == spec.Role.ToString(), "The binding is of another role.");
        BundleFault.Unless(spec.User == act.Text("content", "clusterUser") && found.Subjects is [var user, var probe] && user.Name == spec.User && probe.Name == spec.Probe, "The binding is for somebody else.");
        BundleFault.Unless(spec.Cluster == bundle.Text("cluster", "name"), "The binding is of another cluster.");

        // Announced once for each creation; the last is the one that came to be.
        BundleFault.Unless(prepared.Count > 0 && prepared[^1].Content.Text("signature") == annotations[BindingKeys.Signature], "The ledger announced another binding.");
        var announced = CanonicalTime.Read(prepared[^1].Entry.Text("time")) ?? throw new BundleFault("The time of an entry cannot be read.");
        BundleFault.Unless(spec.NotAfter <= announced + TimeSpan.FromSeconds(act.Number("content", "durationSeconds")) + Grant.UsableWithin, "The binding may live longer than was asked for.");
        return $"{found.Name}: {spec.Role} for {spec.User} in {spec.Namespace ?? "the whole cluster"}, not after {annotations[BindingKeys.NotAfter]}.";
    }
}
