using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lapse.Sandbox;

/// <summary>Reads and writes the people file that the provider follows while it runs.</summary>
public static class SandboxPeople
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads the people of a file.</summary>
    /// <param name="path">The JSON file, a list of <see cref="SandboxPerson"/>.</param>
    /// <exception cref="InvalidDataException">The file is not such a list, lacks a field, or names somebody twice.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<SandboxPerson> Read(string path)
    {
        List<SandboxPerson>? people;
        try
        {
            people = JsonSerializer.Deserialize<List<SandboxPerson>>(File.ReadAllText(path), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not a list of people: {e.Message}", e);
        }

        if (people is null)
            throw new InvalidDataException($"{path} holds no list of people.");
        Check(people, path);
        return people;
    }

    /// <summary>Writes the people, replacing the file in one step, so that a reader sees the old or the new one.</summary>
    /// <exception cref="InvalidDataException">A field is missing, or somebody is named twice.</exception>
    public static void Write(string path, IReadOnlyCollection<SandboxPerson> people)
    {
        Check(people, path);
        var fresh = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllText(fresh, JsonSerializer.Serialize(people, Json));
        File.Move(fresh, path, overwrite: true);
    }

    private static void Check(IReadOnlyCollection<SandboxPerson> people, string path)
    {
        foreach (var person in people)
        {
            if (person?.Totp is { } secret && !secret.All(c => c is (>= 'A' and <= 'Z') or (>= '2' and <= '7')))
                throw new InvalidDataException($"{path}: the totp of {person.UserName} is not base32 (A to Z, 2 to 7).");

            // The serializer leaves what a file does not say at null, whatever the type promises.
            if (person is not { UserName.Length: > 0, Name.Length: > 0, Email.Length: > 0, Sub.Length: > 0, Password.Length: > 0, Groups: not null })
                throw new InvalidDataException($"{path}: each person needs userName, name, email, sub, password and groups.");
        }

        var twice = people.GroupBy(p => p.UserName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1)?.Key
            ?? people.GroupBy(p => p.Sub, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null)
            throw new InvalidDataException($"{path} names {twice} twice.");
    }
}
