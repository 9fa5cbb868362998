using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Catalogue;

/// <summary>How Lapse proves itself to a cluster.</summary>
public enum CredentialKind
{
    /// <summary>The ServiceAccount of the pod that Lapse runs in.</summary>
    InCluster,

    /// <summary>A bearer token of a ServiceAccount, renewed by TokenRequest.</summary>
    Token,

    /// <summary>A client certificate with its key.</summary>
    ClientCertificate,
}

/// <summary>A registered API server.</summary>
public sealed class Cluster
{
    private Cluster() { }

    /// <summary>The id.</summary>
    public ClusterId Id { get; private set; }

    /// <summary>A short unique name, used in addresses and on the command line.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What people call it.</summary>
    public string Title { get; private set; } = "";

    /// <summary>How much hangs on it.</summary>
    public ClusterEnvironment Environment { get; private set; }

    /// <summary>The API server's https address.</summary>
    public string Server { get; private set; } = "";

    /// <summary>The certificate authority of the API server, PEM; empty means the machine's own trust.</summary>
    public string CertificateAuthority { get; private set; } = "";

    /// <summary>How Lapse proves itself.</summary>
    public CredentialKind CredentialKind { get; private set; }

    /// <summary>
    /// The credential, encrypted under a key outside the database, with <see cref="SettingsDigest"/> as its purpose:
    /// a row whose address, authority or mapping was changed behind Lapse's back opens no credential.
    /// </summary>
    public byte[] SealedCredential { get; private set; } = [];

    /// <summary>The claim whose value this cluster knows a person by.</summary>
    public string UserNameClaim { get; private set; } = "";

    /// <summary>What this cluster puts before that value.</summary>
    public string UserNamePrefix { get; private set; } = "";

    /// <summary>The claim whose values this cluster takes as a person's groups; empty means that it sees no groups.</summary>
    public string GroupsClaim { get; private set; } = "";

    /// <summary>What this cluster puts before each group.</summary>
    public string GroupsPrefix { get; private set; } = "";

    /// <summary>Counts the changes of the settings.</summary>
    public int Version { get; private set; }

    /// <summary>When it was taken out of use.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    /// <summary>What an admin says about it.</summary>
    public ClusterSettings Settings() => new(Name, Title, Environment, Server, CertificateAuthority, CredentialKind, UserNameClaim, UserNamePrefix, GroupsClaim, GroupsPrefix);

    /// <summary>What everything above says, without the credential, canonical.</summary>
    public JsonObject Canonical() => Canonical(Id, Settings());

    /// <summary>SHA-256 of <see cref="Canonical()"/>; the purpose under which the credential is sealed.</summary>
    public byte[] SettingsDigest() => CanonicalJson.Digest(Canonical());

    /// <summary>What the settings say for a cluster with this id, canonical.</summary>
    public static JsonObject Canonical(ClusterId id, ClusterSettings settings) => new()
    {
        ["type"] = "cluster",
        ["id"] = id.ToString(),
        ["name"] = settings.Name,
        ["title"] = settings.Title,
        ["environment"] = settings.Environment.ToString(),
        ["server"] = settings.Server,
        ["certificateAuthority"] = settings.CertificateAuthority,
        ["credential"] = settings.CredentialKind.ToString(),
        ["userNameClaim"] = settings.UserNameClaim,
        ["userNamePrefix"] = settings.UserNamePrefix,
        ["groupsClaim"] = settings.GroupsClaim,
        ["groupsPrefix"] = settings.GroupsPrefix,
    };

    /// <summary>A new cluster without credential; <see cref="Seal"/> comes next.</summary>
    public static Cluster Register(ClusterId id, ClusterSettings settings)
    {
        var cluster = new Cluster { Id = id };
        cluster.Change(settings);
        return cluster;
    }

    /// <summary>Takes new settings; the credential must be sealed anew after it.</summary>
    public void Change(ClusterSettings settings)
    {
        Name = settings.Name;
        Title = settings.Title;
        Environment = settings.Environment;
        Server = settings.Server;
        CertificateAuthority = settings.CertificateAuthority;
        CredentialKind = settings.CredentialKind;
        UserNameClaim = settings.UserNameClaim;
        UserNamePrefix = settings.UserNamePrefix;
        GroupsClaim = settings.GroupsClaim;
        GroupsPrefix = settings.GroupsPrefix;
        Version++;
    }

    /// <summary>Keeps the credential, encrypted for <see cref="SettingsDigest"/>.</summary>
    public void Seal(byte[] sealedCredential) => SealedCredential = sealedCredential;

    /// <summary>Takes it out of use.</summary>
    public void Retire(DateTimeOffset now) => RetiredAt ??= now;
}

/// <summary>What an admin says about a cluster, without its credential.</summary>
public sealed record ClusterSettings(
    string Name,
    string Title,
    ClusterEnvironment Environment,
    string Server,
    string CertificateAuthority,
    CredentialKind CredentialKind,
    string UserNameClaim,
    string UserNamePrefix,
    string GroupsClaim = ClusterGroups.DefaultClaim,
    string GroupsPrefix = "")
{
    /// <summary>The settings that a canonical form says (<see cref="Cluster.Canonical(ClusterId, ClusterSettings)"/>).</summary>
    public static ClusterSettings FromCanonical(JsonObject canonical) => new(
        canonical["name"]!.GetValue<string>(),
        canonical["title"]!.GetValue<string>(),
        Enum.Parse<ClusterEnvironment>(canonical["environment"]!.GetValue<string>()),
        canonical["server"]!.GetValue<string>(),
        canonical["certificateAuthority"]!.GetValue<string>(),
        Enum.Parse<CredentialKind>(canonical["credential"]!.GetValue<string>()),
        canonical["userNameClaim"]!.GetValue<string>(),
        canonical["userNamePrefix"]!.GetValue<string>(),
        canonical["groupsClaim"]!.GetValue<string>(),
        canonical["groupsPrefix"]!.GetValue<string>());

    /// <summary>The first rule that the settings break; <see langword="null"/> if none.</summary>
    public Refusal? Check()
    {
        if (Name.Length is 0 or > 63 || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || Name[0] == '-' || Name[^1] == '-')
            return new("ClusterName", "Name the cluster with lower-case letters, digits and hyphens, such as prod-eu.");
        if (Title.Trim().Length is 0 or > 120 || !PlainText.IsLine(Title)) return new("TitleLength", "Give the cluster a title of 1 to 120 characters.");
        if (Server.Length is 0 or > 500) return new("ServerAddress", "The server's address is at most 500 characters.");
        if (UserNameClaim.Length == 0 || !IsClaim(UserNameClaim))
            return new("UserNameClaim", "Name the claim that this cluster knows people by, such as sub or email.");
        if (UserNamePrefix.Length > 100 || !PlainText.IsLine(UserNamePrefix)) return new("UserNamePrefix", "The prefix is at most 100 characters on one line.");
        if (UserNamePrefix.StartsWith("system:", StringComparison.Ordinal) || UserNamePrefix.StartsWith("lapse:", StringComparison.Ordinal))
            return new("UserNamePrefixReserved", "No person's name in a cluster may begin with system: or lapse:.");
        if (!IsClaim(GroupsClaim)) return new("GroupsClaim", "Name the claim that this cluster reads groups from, such as groups, or leave it empty if it sees none.");
        if (GroupsPrefix.Length > 100 || !PlainText.IsLine(GroupsPrefix)) return new("GroupsPrefix", "The prefix is at most 100 characters on one line.");
        return ClusterGroups.IsReserved(GroupsPrefix) ? new("GroupsPrefixReserved", "No group of people in a cluster may begin with system: or lapse:.") : null;
    }

    private static bool IsClaim(string name) => name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':' or '.' or '/');
}
