using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>
/// Every check, by a name for the code. The ids of MITRE ATT&amp;CK are those of its matrix for containers where it has one,
/// those of CIS of the CIS Kubernetes Benchmark from 1.8 on.
/// </summary>
public static class Checks
{
    private static readonly ImmutableArray<string> Rbac = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <summary><c>*</c> on everything in the whole cluster.</summary>
    public static Check ClusterAdmin { get; } = new("LR001", "Administrator of the cluster",
        "Whoever takes over this subject owns the cluster: every Secret, every node, every role.",
        "Give only the rights that are used, and the rest for a time when it is needed.")
    {
        Gravity = "Critical",
        Cis = ["5.1.1", "5.1.3"],
        Mitre = ["T1078", "T1098.006"],
        Needs = Rbac,
    };

    /// <summary><c>*</c> on everything in a namespace.</summary>
    public static Check NamespaceAdmin { get; } = new("LR002", "Administrator of a namespace",
        "Whoever takes over this subject owns everything in the namespace, its Secrets and ServiceAccounts included.",
        "Name the resources and verbs that are used instead of everything.")
    {
        Gravity = "Critical in a privileged namespace, else High",
        Cis = ["5.1.3"],
        Mitre = ["T1078", "T1098.006"],
        Needs = Rbac,
    };

    /// <summary>Reads Secrets.</summary>
    public static Check ReadSecrets { get; } = new("LR003", "Reads Secrets",
        "Passwords, keys and tokens in the Secrets can be read and used elsewhere.",
        "Name the Secrets by resourceNames and allow get alone, or mount them into the Pod that needs them.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else High; named Secrets Medium or Low, Critical for the token of an administrator",
        Cis = ["5.1.2"],
        Mitre = ["T1552.007"],
        Needs = Rbac,
    };

    /// <summary>Lists Secrets in the whole cluster.</summary>
    public static Check ListSecrets { get; } = new("LR004", "Lists the Secrets of the whole cluster",
        "One list returns the content of every Secret of every namespace.",
        "Bind it in the namespaces that are meant, and allow get on named Secrets alone.")
    {
        Gravity = "Critical",
        Cis = ["5.1.2"],
        Mitre = ["T1552.007"],
        Needs = Rbac,
    };

    /// <summary>Writes Secrets.</summary>
    public static Check WriteSecrets { get; } = new("LR005", "Creates or changes Secrets",
        "A Secret made for a ServiceAccount receives its token, and a changed one misleads whatever uses it.",
        "Leave writing Secrets to the one controller that makes them, in its namespace.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else Medium; less for named Secrets",
        Cis = ["5.1.2"],
        Mitre = ["T1528", "T1552.007"],
        Needs = Rbac,
    };

    /// <summary>Issues tokens.</summary>
    public static Check IssueTokens { get; } = new("LR006", "Issues tokens of ServiceAccounts",
        "A token of a stronger ServiceAccount is issued and used from anywhere until it expires.",
        "Name the ServiceAccounts by resourceNames.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else Medium; named ServiceAccounts Low, Critical if one becomes administrator",
        Cis = ["5.1.13"],
        Mitre = ["T1528", "T1550.001"],
        Needs = Rbac,
    };

    /// <summary>Impersonates.</summary>
    public static Check Impersonate { get; } = new("LR007", "Acts as others",
        "Requests are made in the name of somebody stronger, up to the group system:masters.",
        "Name by resourceNames whom it may act as.")
    {
        Gravity = "Critical for any user or group, and for ServiceAccounts in the whole cluster or a privileged namespace, else Medium; named subjects Low, Critical if one is or becomes administrator",
        Cis = ["5.1.8"],
        Mitre = ["T1548", "T1078"],
        Needs = Rbac,
    };

    /// <summary>Binds roles beyond its own rights.</summary>
    public static Check BindRoles { get; } = new("LR008", "Hands out roles",
        "With the verb bind any role, cluster-admin too, is bound to oneself.",
        "Name by resourceNames which roles may be bound.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else High; named roles by what they give; less without the right to write bindings",
        Cis = ["5.1.8"],
        Mitre = ["T1098.006"],
        Needs = Rbac,
    };

    /// <summary>Writes roles beyond its own rights.</summary>
    public static Check EscalateRoles { get; } = new("LR009", "Writes roles beyond its own rights",
        "With the verb escalate a role that one has is widened to everything.",
        "Take the verb away; the API server then lets nobody write more than they have.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else High; less without the right to write roles",
        Cis = ["5.1.8"],
        Mitre = ["T1098.006"],
        Needs = Rbac,
    };

    /// <summary>Creates or changes workloads.</summary>
    public static Check RunWorkloads { get; } = new("LR010", "Runs workloads",
        "A Pod runs as any ServiceAccount of its namespace, mounts any Secret there, and reaches its node unless Pod Security forbids it.",
        "Bind it in namespaces without strong ServiceAccounts, and enforce Pod Security there.")
    {
        Gravity = "Critical in the whole cluster or a privileged namespace, else Medium; less for named workloads",
        Cis = ["5.1.4"],
        Mitre = ["T1610", "T1053.007"],
        Needs = Rbac,
    };

    /// <summary>Changes Pods that exist.</summary>
    public static Check ChangePods { get; } = new("LR011", "Changes existing Pods",
        "Another image in a running Pod runs with its ServiceAccount, volumes and node.",
        "Change the Deployment or what else makes the Pod, through review, and take the right on Pods away.")
    {
        Gravity = "High in the whole cluster or a privileged namespace, else Medium; less for named Pods",
        Mitre = ["T1610", "T1525"],
        Needs = Rbac,
    };

    /// <summary>Exec and attach.</summary>
    public static Check EnterPods { get; } = new("LR012", "Runs commands in Pods",
        "Inside a container are its files, its network and the token of its ServiceAccount.",
        "Give it for a time, when it is needed.")
    {
        Gravity = "High in the whole cluster or a privileged namespace, else Medium; less for named Pods",
        Mitre = ["T1609"],
        Needs = Rbac,
    };

    /// <summary>Ephemeral containers.</summary>
    public static Check EphemeralContainers { get; } = new("LR013", "Adds containers to running Pods",
        "The added container shares the Pod's network and may read the memory of its processes.",
        "Give it for a time, when something is to be debugged.")
    {
        Gravity = "High in the whole cluster or a privileged namespace, else Medium; less for named Pods",
        Mitre = ["T1609", "T1610"],
        Needs = Rbac,
    };

    /// <summary>Port-forward.</summary>
    public static Check ForwardPorts { get; } = new("LR014", "Forwards ports of Pods",
        "Databases and admin ports that no network policy lets through are reached from outside.",
        "Give it for a time, in the namespace that is meant.")
    {
        Gravity = "Medium in the whole cluster or a privileged namespace, else Low",
        Mitre = ["T1090", "T1572"],
        Needs = Rbac,
    };

    /// <summary>Kubelets through the API server.</summary>
    public static Check NodesProxy { get; } = new("LR015", "Reaches the kubelets",
        "The kubelet runs commands in every Pod of its node, with get alone, past admission and the audit log.",
        "Allow nodes/metrics, nodes/stats, nodes/log or nodes/healthz, nodes/pods, nodes/configz, whichever is used.")
    {
        Gravity = "Critical; High for named nodes",
        Cis = ["5.1.10"],
        Mitre = ["T1609", "T1611"],
        Needs = Rbac,
    };

    /// <summary>Certificates.</summary>
    public static Check ApproveCertificates { get; } = new("LR016", "Has client certificates issued",
        "A certificate in the name of any user or group is an identity that nobody can revoke before it expires.",
        "Allow approval for the one signer that is needed, and to a controller that checks the names.")
    {
        Gravity = "Critical with approve on a signer of client certificates and the right to make requests, High without the latter, Medium for other signers, Low without a signer",
        Cis = ["5.1.11"],
        Mitre = ["T1649"],
        Needs = Rbac,
    };

    /// <summary>Webhooks.</summary>
    public static Check Webhooks { get; } = new("LR017", "Changes admission webhooks",
        "A webhook sees every object that is written, Secrets included, and may rewrite it or switch off what guards the cluster.",
        "Leave webhook configurations to the installer, or name them by resourceNames.")
    {
        Gravity = "Critical where it may rewrite, High where it may only refuse or delete, Medium for named ones",
        Cis = ["5.1.12"],
        Mitre = ["T1557", "T1562.001"],
        Needs = Rbac,
    };

    /// <summary>Admission policies.</summary>
    public static Check AdmissionPolicies { get; } = new("LR018", "Changes admission policies",
        "The policies that keep others within limits are taken away, or made to rewrite what is created.",
        "Leave admission policies to those who own the cluster's guard rails.")
    {
        Gravity = "High; Medium for named ones",
        Mitre = ["T1562.001"],
        Needs = Rbac,
    };

    /// <summary>Policy engines.</summary>
    public static Check PolicyEngines { get; } = new("LR019", "Changes a policy engine's rules",
        "The rules of Gatekeeper or Kyverno are taken away, or an exception is made from them.",
        "Leave them to the one who deploys the policies.")
    {
        Gravity = "High in the whole cluster, else Medium",
        Mitre = ["T1562.001"],
        Needs = Rbac,
    };

    /// <summary>CRDs.</summary>
    public static Check CustomResourceDefinitions { get; } = new("LR020", "Changes CustomResourceDefinitions",
        "Deleting a definition deletes every object of its kind; a changed one breaks the controllers that live by it.",
        "Leave definitions to the installer, or name them by resourceNames.")
    {
        Gravity = "Medium; Low for named ones",
        Mitre = ["T1485"],
        Needs = Rbac,
    };

    /// <summary>Volumes.</summary>
    public static Check Volumes { get; } = new("LR021", "Makes PersistentVolumes",
        "A volume of the type hostPath is a folder of a node's own disk, past Pod Security.",
        "Leave volumes to a provisioner.")
    {
        Gravity = "High for PersistentVolumes, Medium for StorageClasses and existing volumes, Low for named ones",
        Cis = ["5.1.9"],
        Mitre = ["T1611"],
        Needs = Rbac,
    };

    /// <summary>Network.</summary>
    public static Check Network { get; } = new("LR022", "Changes how traffic flows",
        "Traffic of others is let in, led astray or read along, by network policies, Ingresses, Services, routes or addresses of Services.",
        "Name the resources that are used, in the namespace that is meant.")
    {
        Gravity = "Medium in the whole cluster or a privileged namespace, else Low",
        Cis = ["5.3.2"],
        Mitre = ["T1557", "T1562.007"],
        Needs = Rbac,
    };

    /// <summary>ConfigMaps that steer the cluster.</summary>
    public static Check SystemConfigMaps { get; } = new("LR023", "Changes ConfigMaps that steer the cluster",
        "The cluster's DNS is led astray, or on EKS an identity of the cloud is mapped to an administrator (aws-auth).",
        "Name by resourceNames the ConfigMaps that are meant.")
    {
        Gravity = "High",
        Mitre = ["T1557", "T1098.006"],
        Needs = Rbac,
    };

    /// <summary>Deletes.</summary>
    public static Check DeleteWorkloads { get; } = new("LR024", "Deletes everything or workloads",
        "Workloads of others, or all that there is, can be deleted.",
        "Take delete and deletecollection away where nothing is cleaned up, and name the resources.")
    {
        Gravity = "High in the whole cluster or a privileged namespace, else Low, or Medium for everything",
        Mitre = ["T1485", "T1489"],
        Needs = Rbac,
    };

    /// <summary>Deletes events.</summary>
    public static Check DeleteEvents { get; } = new("LR025", "Deletes Events",
        "Traces of what was done are deleted.",
        "Take delete on events away; they go by themselves after an hour.")
    {
        Gravity = "Medium in the whole cluster or a privileged namespace, else Low",
        Mitre = ["T1070"],
        Needs = Rbac,
    };

    /// <summary>Steals Pods.</summary>
    public static Check StealPods { get; } = new("LR026", "Moves Pods between nodes",
        "Pods of others are driven off their nodes to one that is under control, tokens included.",
        "Give changing nodes and deleting Pods to different subjects.")
    {
        Gravity = "High; Medium for named nodes",
        Mitre = ["T1610", "T1611"],
        Needs = Rbac,
    };

    /// <summary>Status of nodes and Pods.</summary>
    public static Check Status { get; } = new("LR027", "Writes the status of nodes or Pods",
        "A false status draws Pods to a node, drives them away, or sends their traffic elsewhere.",
        "Leave status to the kubelets and the scheduler.")
    {
        Gravity = "Medium in the whole cluster, else Low",
        Mitre = ["T1565"],
        Needs = Rbac,
    };

    /// <summary>Anonymous.</summary>
    public static Check Anonymous { get; } = new("LR028", "Rights without signing in",
        "Whoever reaches the API server has these rights without any credential.",
        "Remove system:anonymous and system:unauthenticated from the binding.")
    {
        Gravity = "Critical if it changes or reaches something dangerous, High for other reads, Low for addresses",
        Cis = ["4.2.1"],
        Mitre = ["T1190", "T1078.001"],
        Needs = Rbac,
    };

    /// <summary>Everybody.</summary>
    public static Check Everybody { get; } = new("LR029", "Rights for everybody who signed in",
        "Any user or any Pod's ServiceAccount, however little it is meant to have, has these rights.",
        "Bind the groups or ServiceAccounts that are meant.")
    {
        Gravity = "Critical for something dangerous, High for changes, else Medium or Low; less for a namespace's own ServiceAccounts",
        Cis = ["5.1.1"],
        Mitre = ["T1078"],
        Needs = Rbac,
    };

    /// <summary>Dangling roles.</summary>
    public static Check DanglingRole { get; } = new("LR030", "Binding to a role that does not exist",
        "Whoever may create a role of this name decides what the subjects get.",
        "Delete the binding, or create the role that was meant.")
    {
        Gravity = "Medium; Low among manifests",
        Mitre = ["T1098.006"],
        Needs = Rbac,
    };

    /// <summary>Dangling ServiceAccounts.</summary>
    public static Check DanglingAccount { get; } = new("LR031", "Binding to a ServiceAccount that does not exist",
        "Whoever may create a ServiceAccount of this name in its namespace gets what is bound to it.",
        "Take the subject out of the binding.")
    {
        Gravity = "By the role: High, Medium or Low; Low among manifests",
        Mitre = ["T1098.006", "T1136"],
        Needs = ["rolebindings", "clusterrolebindings", "serviceaccounts"],
    };

    /// <summary>Many roles, many subjects.</summary>
    public static Check Many { get; } = new("LR032", "Many roles or many subjects",
        "Nobody can say any more who has what, and rights stay that nobody needs.",
        "Gather the bindings into one role for the task, and the people into a group.")
    {
        Gravity = "Info",
        Cis = ["5.1.1"],
        Needs = Rbac,
    };

    /// <summary>The default ServiceAccount.</summary>
    public static Check DefaultAccount { get; } = new("LR033", "Default ServiceAccount in use",
        "Every Pod of the namespace that names no ServiceAccount has these rights or at least this token.",
        "Make a ServiceAccount for each workload, and set automountServiceAccountToken to false on the default one.")
    {
        Gravity = "High or Medium with a role, Info for the token alone",
        Cis = ["5.1.5", "5.1.6"],
        Mitre = ["T1528", "T1552.007"],
        Needs = [.. Rbac, "serviceaccounts", "workloads"],
    };

    /// <summary>Workloads with strong roles.</summary>
    public static Check StrongWorkload { get; } = new("LR034", "Workload with a strong role",
        "A hole in this one program, or a way into its Pod, is a way to take over the cluster.",
        "Narrow the role of its ServiceAccount to what the program does.")
    {
        Gravity = "As grave as what its ServiceAccount has",
        Cis = ["5.1.1"],
        Mitre = ["T1552.007", "T1528"],
        Needs = [.. Rbac, "workloads"],
    };

    /// <summary>ServiceAccounts with a cloud identity.</summary>
    public static Check CloudIdentity { get; } = new("LR035", "ServiceAccount with an identity of the cloud",
        "Whoever can run as this ServiceAccount acts in the cloud account as well.",
        "Let only the workload that needs it run as this ServiceAccount, and narrow its rights in the cloud.")
    {
        Gravity = "Low; Medium for the default ServiceAccount",
        Mitre = ["T1078.004"],
        Needs = ["serviceaccounts"],
    };

    /// <summary>Strong and unused.</summary>
    public static Check UnusedRights { get; } = new("LR036", "Strong role that is not used",
        "Rights that nobody uses are noticed by nobody but an attacker.",
        "Remove the binding, or replace the role by the one that covers what was used.")
    {
        Gravity = "High for nothing used, Medium for a part",
        Cis = ["5.1.1"],
        Mitre = ["T1078"],
        Needs = Rbac,
    };

    /// <summary>Aggregated roles by label.</summary>
    public static Check Aggregation { get; } = new("LR037", "Changes aggregated roles by their label",
        "A ClusterRole that carries the label adds its rules to the aggregated role, and so to everybody who has that one.",
        "Allow writing ClusterRoles to nobody but those who administer the cluster, or name them by resourceNames.")
    {
        Gravity = "High; Medium for named ClusterRoles",
        Mitre = ["T1098.006"],
        Needs = Rbac,
    };

    /// <summary>A User that is a ServiceAccount.</summary>
    public static Check AccountAsUser { get; } = new("LR038", "User that is a ServiceAccount",
        "A ServiceAccount has rights that no list of its bindings shows, since the binding calls it a User.",
        "Name it with the kind ServiceAccount, or take it out.")
    {
        Gravity = "High with a dangerous role, else Medium",
        Mitre = ["T1098.006"],
        Needs = ["rolebindings", "clusterrolebindings"],
    };

    /// <summary>Multi-hop paths.</summary>
    public static Check Path { get; } = new("LR039", "Becomes administrator in several steps",
        "Each step looks harmless alone; together they end at the whole cluster.",
        "Cut the first step: it is the one that this subject does not need.")
    {
        Gravity = "Critical with one step between, else High",
        Cis = ["5.1.1"],
        Mitre = ["T1098.006", "T1078"],
        Needs = [.. Rbac, "serviceaccounts", "workloads", "tokens"],
    };

    /// <summary>Temporary made permanent.</summary>
    public static Check MadePermanent { get; } = new("LR040", "Temporary access made permanent",
        "What was made while somebody had access for a time gives it to them for good.",
        "Ask who made it and for what, and delete it.")
    {
        Gravity = "Critical for a way to administrator, High for bindings and certificates, else Medium",
        Mitre = ["T1098.006", "T1136"],
        Needs = ["rolebindings", "clusterrolebindings", "serviceaccounts", "tokens"],
    };

    /// <summary>Changed default roles.</summary>
    public static Check ChangedDefaultRole { get; } = new("LR041", "Changed default role",
        "A role that everybody takes for Kubernetes' own gives more than it does anywhere else.",
        "Put the role's own rules back (the API server does at its start unless autoupdate is false), and make a role of your own.")
    {
        Gravity = "By what was added, at least Medium",
        Mitre = ["T1098.006"],
        Needs = ["roles", "clusterroles"],
    };

    /// <summary>Changed default bindings.</summary>
    public static Check ChangedDefaultBinding { get; } = new("LR042", "Changed default binding",
        "A subject hides in a binding that everybody takes for Kubernetes' own.",
        "Take the subject out, and bind it by a binding of its own if it has to have the role.")
    {
        Gravity = "By the role, at least Medium",
        Mitre = ["T1098.006"],
        Needs = ["rolebindings", "clusterrolebindings"],
    };

    /// <summary>Namespace labels.</summary>
    public static Check NamespaceLabels { get; } = new("LR043", "Changes the labels of namespaces",
        "Without its labels a namespace is no longer held to Pod Security, nor to policies that select by label.",
        "Leave namespaces to those who own the cluster's guard rails.")
    {
        Gravity = "High in the whole cluster or a privileged namespace, else Medium; less for a named namespace",
        Mitre = ["T1562.001", "T1611"],
        Needs = Rbac,
    };

    /// <summary>All of them, by id.</summary>
    public static ImmutableArray<Check> All { get; } =
    [
        ClusterAdmin, NamespaceAdmin, ReadSecrets, ListSecrets, WriteSecrets, IssueTokens, Impersonate, BindRoles, EscalateRoles,
        RunWorkloads, ChangePods, EnterPods, EphemeralContainers, ForwardPorts, NodesProxy, ApproveCertificates, Webhooks,
        AdmissionPolicies, PolicyEngines, CustomResourceDefinitions, Volumes, Network, SystemConfigMaps, DeleteWorkloads,
        DeleteEvents, StealPods, Status, Anonymous, Everybody, DanglingRole, DanglingAccount, Many, DefaultAccount,
        StrongWorkload, CloudIdentity, UnusedRights, Aggregation, AccountAsUser, Path, MadePermanent, ChangedDefaultRole,
        ChangedDefaultBinding, NamespaceLabels,
    ];
}
