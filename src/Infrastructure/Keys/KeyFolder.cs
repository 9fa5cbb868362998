namespace Lapse.Infrastructure.Keys;

/// <summary>The folder with everything that must not be in the database (<c>Lapse:Keys</c>).</summary>
public static class KeyFolder
{
    /// <summary>Makes whatever is missing in the folder; what is there stays as it is. An explicit act of an operator, or of the sandbox.</summary>
    /// <param name="folder">The folder; made with mode 0700 if it is not there.</param>
    /// <param name="now">The time, for the certificate.</param>
    public static void Create(string folder, DateTimeOffset now)
    {
        InstallationKey.Create(folder).Dispose();
        BindingKey.Create(folder).Dispose();
        KeyRingCertificate.Create(folder, now).Dispose();
    }
}
