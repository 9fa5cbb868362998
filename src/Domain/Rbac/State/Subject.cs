namespace Lapse.Domain.Rbac.State;

/// <summary>What kind of subject a binding names.</summary>
public enum SubjectKind
{
    /// <summary>A user name, as the authenticator gives it.</summary>
    User,

    /// <summary>A group of the user.</summary>
    Group,

    /// <summary>A ServiceAccount, whose user name is <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
    ServiceAccount,
}

/// <summary>Who is given something: a user, a group, or a ServiceAccount in its namespace.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The name; of a ServiceAccount the one within its namespace.</param>
/// <param name="Namespace">The namespace of a ServiceAccount; empty for the others.</param>
public readonly record struct Subject(SubjectKind Kind, string Name, string Namespace = "")
{
    private const string AccountPrefix = "system:serviceaccount:";

    /// <summary>
    /// What a request of this subject is known by: the user name, also for a ServiceAccount. A subject of kind User that
    /// names a ServiceAccount is the same one.
    /// </summary>
    public string UserName => Kind == SubjectKind.ServiceAccount ? $"{AccountPrefix}{Namespace}:{Name}" : Name;

    /// <summary>A user of this name; a ServiceAccount where the name is the one of a ServiceAccount.</summary>
    /// <remarks>Source: k8s.io/apiserver, authentication/serviceaccount/util.go (SplitUsername).</remarks>
    public static Subject OfUser(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!name.StartsWith(AccountPrefix, StringComparison.Ordinal)) return new Subject(SubjectKind.User, name);
        var parts = name[AccountPrefix.Length..].Split(':');
        return parts is [var space, var account] && IsName(space, 63, dots: false) && IsName(account, 253, dots: true)
            ? new Subject(SubjectKind.ServiceAccount, account, space)
            : new Subject(SubjectKind.User, name);
    }

    // A DNS label, or several with dots between them.
    private static bool IsName(string text, int most, bool dots)
    {
        if (text.Length > most) return false;
        foreach (var label in dots ? text.Split('.') : [text])
        {
            if (label.Length == 0 || label[0] == '-' || label[^1] == '-') return false;
            foreach (var sign in label)
                if (sign is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')) return false;
        }

        return true;
    }

    /// <summary>A group of this name.</summary>
    public static Subject OfGroup(string name) => new(SubjectKind.Group, name);

    /// <summary>A ServiceAccount.</summary>
    public static Subject OfAccount(string namespaceName, string name) => new(SubjectKind.ServiceAccount, name, namespaceName);

    /// <summary>Such as <c>ServiceAccount ci/deployer</c> or <c>Group developers</c>.</summary>
    public override string ToString() => Kind == SubjectKind.ServiceAccount ? $"{Kind} {Namespace}/{Name}" : $"{Kind} {Name}";
}

/// <summary>Orders subjects by kind, namespace and name, alike on every machine.</summary>
public sealed class SubjectOrder : IComparer<Subject>
{
    /// <summary>The only one.</summary>
    public static SubjectOrder Instance { get; } = new();

    private SubjectOrder()
    {
    }

    /// <inheritdoc/>
    public int Compare(Subject x, Subject y)
    {
        var order = x.Kind.CompareTo(y.Kind);
        if (order == 0) order = string.CompareOrdinal(x.Namespace, y.Namespace);
        return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
    }
}
