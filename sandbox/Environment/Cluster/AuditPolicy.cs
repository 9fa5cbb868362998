namespace Lapse.Sandbox;

/// <summary>What the sandbox's API server writes into its audit log.</summary>
internal static class AuditPolicy
{
    /// <summary>
    /// What people and Lapse change, with bodies for RBAC; who asked whether something is allowed; nothing of the control
    /// plane's own ceaseless reading, and never the content of a Secret or a token.
    /// </summary>
    public const string Yaml = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - level: None
          users: ["system:apiserver", "system:kube-controller-manager"]
          verbs: [get, list, watch, update, patch]
        - level: None
          userGroups: ["system:serviceaccounts:kube-system"]
        - level: None
          nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi/*", "/swagger*"]
        - level: None
          resources: [{group: "", resources: [events]}, {group: coordination.k8s.io, resources: [leases]}]
        - level: Metadata
          resources: [{group: "", resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io}]
        - level: RequestResponse
          verbs: [create, update, patch, delete, deletecollection]
          resources: [{group: rbac.authorization.k8s.io}]
        - level: Request
          verbs: [create, update, patch, delete, deletecollection]
        - level: Metadata

        """;
}
