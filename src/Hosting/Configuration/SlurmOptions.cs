namespace Cascade.Hosting.Configuration;

/// <summary>Settings of a start by SLURM.</summary>
public sealed record SlurmOptions
{
    /// <summary>Whether a node takes what it is not told from SLURM's environment.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>Whether all SLURM nodes are this one machine.</summary>
    public required bool IsLocal { get; init; }

    /// <summary>TCP port of the first node process of a machine, where SLURM reserves none.</summary>
    public required int BasePort { get; init; }

    internal static SlurmOptions Read(OptionsReader reader) => new()
    {
        IsEnabled = reader.Boolean("enabled"),
        IsLocal = reader.Boolean("local"),
        BasePort = reader.Integer("base-port", 1, ushort.MaxValue),
    };
}
