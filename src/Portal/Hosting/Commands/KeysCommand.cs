using System.CommandLine;
using Lapse.Infrastructure.Keys;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse keys create</c>: makes what is missing in the key folder. An explicit act; <c>serve</c> never makes a key outside the sandbox. <c>lapse keys public</c> prints what verifies checkpoints.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var create = new Command("create", "Make whatever is missing in the folder Lapse:Keys; what is there stays as it is.");
        create.SetAction(_ => CreateKeys());
        var show = new Command("public", "Print the installation's public key, by which its checkpoints are verified, and its fingerprint.");
        show.SetAction(_ => ShowPublic());
        return new Command("keys", "The installation's keys, which are not in the database.") { create, show };
    }

    private static int ShowPublic()
    {
        var folder = Configuration.Read().Portal().Keys;
        if (string.IsNullOrWhiteSpace(folder)) return Console.Refuse("Lapse:Keys is not set; it is the folder with the installation's keys.");
        try
        {
            using var key = InstallationKey.Open(folder);
            System.Console.WriteLine(key.PublicKeyPem);
            System.Console.WriteLine($"Fingerprint {key.Fingerprint}");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFolderException)
        {
            return Console.Refuse(e.Message);
        }
    }

    private static int CreateKeys()
    {
        var folder = Configuration.Read().Portal().Keys;
        if (string.IsNullOrWhiteSpace(folder)) return Console.Refuse("Lapse:Keys is not set; it is the folder with the installation's keys.");
        try
        {
            KeyFolder.Create(folder, TimeProvider.System.GetUtcNow());
            System.Console.WriteLine($"The keys are in {folder}. Back the folder up apart from the database: who has both has everything.");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFolderException)
        {
            return Console.Refuse($"{folder}: {e.Message}");
        }
    }
}
