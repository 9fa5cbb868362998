using System.Text;

namespace Lapse.Sandbox;

/// <summary>Writes kubeconfig files, readable by their owner only.</summary>
public static class Kubeconfig
{
    /// <summary>A kubeconfig with a client certificate.</summary>
    /// <param name="file">Where it is written.</param>
    /// <param name="server">The API server's address.</param>
    /// <param name="authorityFile">The PEM file of the authority that signed the server's certificate.</param>
    /// <param name="user">What the user is called in the file.</param>
    /// <param name="certificateFile">The PEM file of the client certificate.</param>
    /// <param name="keyFile">The PEM file of its key.</param>
    public static void WriteCertificate(
        string file, Uri server, string authorityFile, string user, string certificateFile, string keyFile) =>
        Write(file, server, authorityFile, user,
            $"client-certificate-data: {Base64(certificateFile)}\n    client-key-data: {Base64(keyFile)}");

    /// <summary>A kubeconfig with a bearer token.</summary>
    /// <param name="file">Where it is written.</param>
    /// <param name="server">The API server's address.</param>
    /// <param name="authorityFile">The PEM file of the authority that signed the server's certificate.</param>
    /// <param name="user">What the user is called in the file.</param>
    /// <param name="token">A token that the API server accepts.</param>
    public static void WriteToken(string file, Uri server, string authorityFile, string user, string token) =>
        Write(file, server, authorityFile, user, $"token: {token}");

    private static void Write(string file, Uri server, string authorityFile, string user, string credentials)
    {
        var text = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: sandbox
              cluster:
                server: {server.ToString().TrimEnd('/')}
                certificate-authority-data: {Base64(authorityFile)}
            users:
            - name: {user}
              user:
                {credentials}
            contexts:
            - name: sandbox
              context:
                cluster: sandbox
                user: {user}
            current-context: sandbox

            """;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var next = file + ".next";
        using (var stream = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
            stream.Write(Encoding.UTF8.GetBytes(text));
        File.Move(next, file, overwrite: true);
    }

    private static string Base64(string file) => Convert.ToBase64String(File.ReadAllBytes(file));
}
