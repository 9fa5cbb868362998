using Lapse.Domain.Ledger;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Ledger;

/// <summary>Where checkpoints are kept in files.</summary>
/// <param name="Keys">The key folder; <see langword="null"/> for none.</param>
/// <param name="Folder">A folder elsewhere, such as a mounted bucket (<c>Lapse:CheckpointFolder</c>); <see langword="null"/> for none.</param>
public sealed record CheckpointFolders(string? Keys, string? Folder)
{
    /// <summary>As configured.</summary>
    public static CheckpointFolders Of(IConfiguration configuration) => new(Named(configuration["Lapse:Keys"]), Named(configuration["Lapse:CheckpointFolder"]));

    private static string? Named(string? folder) => string.IsNullOrWhiteSpace(folder) ? null : folder;
}

/// <summary>
/// The newest checkpoint in a file beside the keys, the first and cheapest witness outside of the database, and in the configured
/// folder, where each day's are kept as well.
/// </summary>
public sealed partial class CheckpointFiles(CheckpointFolders folders, ILogger<CheckpointFiles> log)
{
    /// <summary>The name of the file with the newest checkpoint.</summary>
    public const string FileName = "ledger-checkpoint.json";

    private readonly HashSet<string> _told = [];

    /// <summary>The texts that are there, by file.</summary>
    public async Task<IReadOnlyList<(string File, string? Text)>> ReadAsync(CancellationToken cancellation)
    {
        List<(string, string?)> read = [];
        foreach (var file in Files())
        {
            if (!File.Exists(file)) continue;
            try
            {
                read.Add((file, new FileInfo(file).Length <= SignedCheckpoint.LongestText + 1 ? await File.ReadAllTextAsync(file, cancellation) : null));
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                LogNotRead(failed, file);
                read.Add((file, null));
            }
        }
        return read;
    }

    /// <summary>Writes a checkpoint into every file. One that cannot be written is logged and holds nothing up.</summary>
    public async Task WriteAsync(SignedCheckpoint checkpoint, CancellationToken cancellation)
    {
        var line = checkpoint.ToText() + "\n";
        foreach (var file in Files())
        {
            try
            {
                // Whole or not at all: half a file would be no witness.
                var draft = $"{file}.{Guid.NewGuid():N}";
                await File.WriteAllTextAsync(draft, line, cancellation);
                File.Move(draft, file, overwrite: true);
                lock (_told) _told.Remove(file);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                bool first;
                lock (_told) first = _told.Add(file);
                if (first) LogNotWritten(failed, file);
            }
        }
        if (folders.Folder is null) return;
        try
        {
            await File.AppendAllTextAsync(Path.Combine(folders.Folder, $"ledger-checkpoints-{checkpoint.Checkpoint.Time.UtcDateTime:yyyy-MM-dd}.jsonl"), line, cancellation);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(failed, folders.Folder);
        }
    }

    private IEnumerable<string> Files() => new[] { folders.Keys, folders.Folder }.OfType<string>().Select(folder => Path.Combine(folder, FileName));

    [LoggerMessage(Level = LogLevel.Error, Message = "The checkpoint in {File} could not be read.")]
    private partial void LogNotRead(Exception exception, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkpoint could not be written to {File}; it is kept in the other places.")]
    private partial void LogNotWritten(Exception exception, string file);
}
