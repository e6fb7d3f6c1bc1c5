namespace Cascade.LoadTests.Scenarios;

/// <summary>The scenarios that there are.</summary>
internal static class ScenarioCatalog
{
    /// <summary>All of them, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<ScenarioKind> All =
    [
        new()
        {
            Name = "chat",
            Description = "conversations on shared system prompts; each turn looks up, reads and extends its prompt",
            Create = ChatScenario.Create,
        },
        new()
        {
            Name = "contention",
            Description = "all nodes read one hot prefix of 32 blocks",
            Create = ContentionScenario.Create,
        },
        new()
        {
            Name = "uniform",
            Description = "reads of single blocks, each as likely as any other",
            Create = sizes => TrafficScenario.Create("uniform", sizes),
        },
        new()
        {
            Name = "mixed",
            Description = "reads and writes of single blocks; --writes 0, 5, 20 or 50 is usual",
            WritesPercent = 20,
            Create = sizes => TrafficScenario.Create("mixed", sizes),
        },
        new()
        {
            Name = "small",
            Description = "many blocks of 16 KiB, read and written",
            BlockBytes = 16 << 10,
            CapacityBytes = 128L << 20,
            WritesPercent = 5,
            Create = sizes => TrafficScenario.Create("small", sizes),
        },
        new()
        {
            Name = "large",
            Description = "few blocks of 64 MiB, read and written",
            BlockBytes = 64 << 20,
            CapacityBytes = 1L << 30,
            Copies = 2,
            WritesPercent = 20,
            Create = sizes => TrafficScenario.Create("large", sizes),
        },
        new()
        {
            Name = "failure",
            Description = "reads and writes while the last node is killed (at a third of the time) and restarted (at two thirds)",
            WritesPercent = 20,
            Kills = true,
            Create = FailureScenario.Create,
        },
    ];

    /// <summary>The one of a name; null when there is none.</summary>
    public static ScenarioKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);
}
