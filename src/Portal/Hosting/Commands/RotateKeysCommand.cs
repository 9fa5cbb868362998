using System.CommandLine;
using Lapse.Infrastructure.Keys;
using Npgsql;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse rotate-keys</c>: a new certificate and key for what is encrypted in the database. Goes on where it was ended.</summary>
internal static class RotateKeysCommand
{
    public static Command Create()
    {
        var atOnce = new Option<bool>("--at-once") { Description = "Let the new key count now, not in two days. Stop every replica first." };
        var removeOld = new Option<bool>("--remove-old") { Description = "Delete the old certificate, once nothing is under it." };
        var command = new Command("rotate-keys", "Exchange the certificate of the key ring and encrypt anew what is stored (needs ConnectionStrings:Owner and Lapse:Keys).") { atOnce, removeOld };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(atOnce), parsed.GetValue(removeOld), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(bool atOnce, bool removeOld, CancellationToken cancellation)
    {
        if (atOnce && removeOld) return Console.Refuse("Give --at-once or --remove-old, not both: first everything is encrypted anew, then the old certificate goes.");
        try
        {
            await using var services = VerbServices.WithKeysAsOwner(Configuration.Read());
            if (services is null) return Console.Refuse("ConnectionStrings:Owner is not set; nobody else may change the key ring.");
            var rotation = services.GetRequiredService<KeyRotation>();
            return removeOld ? Say(await rotation.RemoveOldAsync(cancellation)) : Say(await rotation.RunAsync(atOnce, cancellation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFolderException or NpgsqlException)
        {
            return Console.Refuse($"{e.Message} What was done stays done; run it again and it goes on.");
        }
    }

    private static int Say(Domain.Outcome<int> removed)
    {
        if (removed.Refusal is { } refusal)
        {
            System.Console.Error.WriteLine(refusal.Message);
            return 1;
        }
        System.Console.WriteLine(removed.Value == 0 ? "There is no old certificate." : "The old certificate is gone. Destroy its copies in backups of the key folder too, as soon as no backup of the database needs it.");
        return 0;
    }

    private static int Say(RotationState state)
    {
        if (state.Exchanged) System.Console.WriteLine("The key ring has a new certificate; the old one is kept in the key folder. Back the folder up now.");
        if (state.Elements > 0) System.Console.WriteLine($"Encrypted {state.Elements} elements of the key ring with it.");
        if (state.Renewed > 0) System.Console.WriteLine($"Encrypted {state.Renewed} credentials, secrets and tokens with the new key.");
        if (state.Lost > 0) System.Console.WriteLine($"{state.Lost} open with no key, as before; the log names them.");
        System.Console.WriteLine(state.ActiveAt is { } at
            ? $"The new key counts from {at:u} on, when every replica knows it. Run lapse rotate-keys again then."
            : "Everything that is stored is under the new key. Run lapse rotate-keys --remove-old when you have a backup.");
        return 0;
    }
}
