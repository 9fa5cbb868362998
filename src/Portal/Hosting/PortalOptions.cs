using Lapse.Domain.People;

namespace Lapse.Portal.Hosting;

/// <summary>Where an installation of Lapse runs.</summary>
public enum PortalMode
{
    /// <summary>For real: nothing of the sandbox may be left over.</summary>
    Production,

    /// <summary>On one machine for trying and testing, with secrets that everybody knows.</summary>
    Sandbox,
}

/// <summary>The settings of the portal, section <c>Lapse</c>. docs/configuration.md lists them all.</summary>
public sealed class PortalOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Lapse";

    /// <summary>For real, or for trying.</summary>
    public PortalMode Mode { get; set; } = PortalMode.Production;

    /// <summary>The address that people open.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>The folder with the installation's keys, outside the database.</summary>
    public string Keys { get; set; } = "";

    /// <summary>A folder elsewhere, such as a mounted bucket, that gets each checkpoint of the ledger too; <see langword="null"/> for none.</summary>
    public string? CheckpointFolder { get; set; }

    /// <summary>How long a sign-in is believed; what a person may do is asked again at each act.</summary>
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromHours(8);

    /// <summary>How often an open page asks whether its sign-in still counts: so long it may go on after somebody was shut out. At most a minute.</summary>
    public TimeSpan SignInCheck { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The groups that administer and audit Lapse.</summary>
    public PortalGroupsOptions Groups { get; set; } = new();

    /// <summary>
    /// The reverse proxies in front of Lapse, as addresses or networks (<c>10.0.0.0/8</c>). Only they are believed when they say who calls
    /// and that it was over https.
    /// </summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>How often an address or a person may do what costs something.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>
    /// Where metrics are served for Prometheus, such as <c>http://127.0.0.1:9464</c>, on a port of their own; <see langword="null"/> for nowhere.
    /// </summary>
    public Uri? MetricsUrl { get; set; }

    /// <summary>Where to report a weakness of this installation, a <c>mailto:</c> or <c>https:</c> address; for <c>/.well-known/security.txt</c>.</summary>
    public string SecurityContact { get; set; } = "";

    /// <summary>How long a replica that is told to stop still serves: its pages are told, and whoever routes to it learns that it goes.</summary>
    public TimeSpan LeaveNotice { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A file in which the sandbox's cluster says how far its start is; sandbox only.</summary>
    public string? ClusterStatusFile { get; set; }

    /// <summary>The groups as a record.</summary>
    public PortalGroups PortalGroups => new(Groups.Admins, Groups.Auditors);

    /// <summary>Everything that is wrong with these settings.</summary>
    public IEnumerable<string> Errors()
    {
        if (PublicUrl is null) yield return "Lapse:PublicUrl is not set; it is the address that people open, such as https://lapse.example.com.";
        else if (PublicUrl.Scheme != Uri.UriSchemeHttps && !(Mode == PortalMode.Sandbox && PublicUrl.IsLoopback)) yield return "Lapse:PublicUrl must be https; http is for the sandbox on this machine only.";
        if (string.IsNullOrWhiteSpace(Keys)) yield return "Lapse:Keys is not set; it is the folder with the installation's keys.";
        if (SignInLifetime < TimeSpan.FromMinutes(5) || SignInLifetime > TimeSpan.FromHours(24)) yield return "Lapse:SignInLifetime must be between 5 minutes and 24 hours.";
        if (SignInCheck < TimeSpan.FromSeconds(1) || SignInCheck > TimeSpan.FromMinutes(1)) yield return "Lapse:SignInCheck must be between 1 second and 1 minute.";
        if (string.IsNullOrWhiteSpace(Groups.Admins) || string.IsNullOrWhiteSpace(Groups.Auditors)) yield return "Lapse:Groups:Admins and Lapse:Groups:Auditors must name groups.";
        foreach (var proxy in TrustedProxies.Where(proxy => !ProxyTrust.TryParse(proxy, out _))) yield return $"Lapse:TrustedProxies has “{proxy}”, which is no address or network such as 10.1.2.3 or 10.0.0.0/8.";
        if (MetricsUrl is not null && (!MetricsUrl.IsAbsoluteUri || MetricsUrl.Scheme is not ("http" or "https") || MetricsUrl.Port <= 0)) yield return "Lapse:MetricsUrl must be an address with a port of its own, such as http://127.0.0.1:9464.";
        if (SecurityContact.Length > 0 && !(Uri.TryCreate(SecurityContact, UriKind.Absolute, out var contact) && contact.Scheme is "mailto" or "https")) yield return "Lapse:SecurityContact must be a mailto: or https: address.";
        if (LeaveNotice < TimeSpan.Zero || LeaveNotice > TimeSpan.FromSeconds(30)) yield return "Lapse:LeaveNotice must be between 0 and 30 seconds.";
        if (Mode != PortalMode.Sandbox && ClusterStatusFile is not null) yield return "Lapse:ClusterStatusFile is for the sandbox only.";
        foreach (var error in Limits.Errors()) yield return error;
    }
}

/// <summary>Names of groups, as the configuration has them.</summary>
public sealed class PortalGroupsOptions
{
    /// <summary>The group of admins.</summary>
    public string Admins { get; set; } = "lapse-admins";

    /// <summary>The group of auditors.</summary>
    public string Auditors { get; set; } = "lapse-auditors";
}
