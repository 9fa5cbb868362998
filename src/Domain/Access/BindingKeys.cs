using System.Text.RegularExpressions;

namespace Lapse.Domain.Access;

/// <summary>The names that Lapse gives to its bindings, labels and annotations in a cluster.</summary>
public static partial class BindingKeys
{
    /// <summary>What the name of every binding of a grant starts with; a grant's id follows.</summary>
    public const string NamePrefix = "lapse-";

    /// <summary>The domain of Lapse's labels and annotations, with its slash.</summary>
    public const string Domain = "lapse.dev/";

    /// <summary>The label that all of Lapse's bindings wear; for lists and watches only, since anybody may take it off.</summary>
    public const string ManagedBy = Domain + "managed-by";

    /// <summary>The value of <see cref="ManagedBy"/>.</summary>
    public const string ManagedByLapse = "lapse";

    /// <summary>Label and annotation: the grant's id.</summary>
    public const string Grant = Domain + "grant";

    /// <summary>Annotation: the access request's id.</summary>
    public const string Request = Domain + "request";

    /// <summary>Annotation: the cluster's name in Lapse, so that a binding cannot be carried over to another cluster.</summary>
    public const string Cluster = Domain + "cluster";

    /// <summary>Annotation: the person's user name in this cluster.</summary>
    public const string Person = Domain + "person";

    /// <summary>Annotation: the probe's user name.</summary>
    public const string Probe = Domain + "probe";

    /// <summary>Annotation: the role, as <c>ClusterRole/edit</c>.</summary>
    public const string Role = Domain + "role";

    /// <summary>Annotation: the namespace, or <see cref="ClusterWide"/>.</summary>
    public const string Namespace = Domain + "namespace";

    /// <summary>Annotation: the end that no clock may pass, RFC 3339 in UTC, whole seconds.</summary>
    public const string NotAfter = Domain + "not-after";

    /// <summary>Annotation: a JSON array of the user names of those who approved.</summary>
    public const string Approvers = Domain + "approvers";

    /// <summary>Annotation: the ticket, empty if none.</summary>
    public const string Ticket = Domain + "ticket";

    /// <summary>Annotation: the signature over everything above (<see cref="BindingSignature"/>).</summary>
    public const string Signature = Domain + "signature";

    /// <summary>The value of <see cref="Namespace"/> on a ClusterRoleBinding; no namespace can be called so.</summary>
    public const string ClusterWide = "*";

    /// <summary>The API group of roles, bindings, and of users as subjects.</summary>
    public const string RbacGroup = "rbac.authorization.k8s.io";

    /// <summary>What selects Lapse's bindings in a list or watch.</summary>
    public const string Selector = ManagedBy + "=" + ManagedByLapse;

    /// <summary>The name of a grant's binding.</summary>
    public static string NameOf(GrantId grant) => NamePrefix + grant.Value.ToString("D");

    /// <summary>
    /// Whether an object's name is one that only a grant's binding has: the prefix and a UUID, nothing else.
    /// A name is the one thing of an object that nobody can change later, so this and no label says what is ours.
    /// </summary>
    public static bool IsBindingName(string? name) => name is not null && BindingName().IsMatch(name);

    [GeneratedRegex(@"^lapse-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z")]
    private static partial Regex BindingName();
}
