namespace Lapse.Sandbox;

/// <summary>Which PostgreSQL server is wanted.</summary>
public sealed record PostgresOptions
{
    /// <summary>Where its data stays; <see langword="null"/> for a throw-away server that forgets all and forgoes fsync.</summary>
    public string? DataFolder { get; init; }

    /// <summary>The port on the loopback address; <see langword="null"/> for any free one.</summary>
    public int? Port { get; init; }

    /// <summary>The environment variable that the person can choose another port with, for the sentence when it is in use.</summary>
    public string PortVariable { get; init; } = "LAPSE_POSTGRES_PORT";

    /// <summary>The database that <see cref="PostgresServer.ConnectionString"/> names.</summary>
    public string Database { get; init; } = "lapse";

    /// <summary>Whether it is one of our own whatever <see cref="PostgresServer.Variable"/> says: to be stopped, killed and filled up.</summary>
    public bool Own { get; init; }

    /// <summary>How many connections it takes.</summary>
    public int MaxConnections { get; init; } = 300;

    /// <summary>Whether missing binaries may be installed.</summary>
    public bool Install { get; init; } = true;

    /// <summary>Is told what takes long.</summary>
    public IProgress<string>? Progress { get; init; }
}
