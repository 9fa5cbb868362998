namespace Lapse.Domain.Workflows;

/// <summary>Who may ask, what must be proved, who approves. What it says is in its versions, which never change once written.</summary>
public sealed class Workflow
{
    private Workflow() { }

    /// <summary>The id.</summary>
    public WorkflowId Id { get; private set; }

    /// <summary>A short unique name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The version that new requests are governed by.</summary>
    public int CurrentVersion { get; private set; }

    /// <summary>A new workflow, whose first version is 1.</summary>
    public static Workflow Create(WorkflowId id, string name) => new() { Id = id, Name = name, CurrentVersion = 1 };

    /// <summary>Moves to the next version and says which that is.</summary>
    public int NextVersion() => ++CurrentVersion;
}
