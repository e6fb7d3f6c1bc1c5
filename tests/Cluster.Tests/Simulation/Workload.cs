namespace Cascade.Cluster.Tests.Simulation;

/// <summary>What the clients of a run do.</summary>
/// <param name="Clients">Clients at a time.</param>
/// <param name="Operations">Calls of each.</param>
/// <param name="Keys">Keys that they draw from.</param>
/// <param name="Contents">Contents that they draw from: fewer than keys, so that keys share blocks.</param>
/// <param name="Rebinds">True when a key may name another content later; false when its content is fixed, as with prefix hashes.</param>
internal sealed record Workload(int Clients, int Operations, int Keys, int Contents, bool Rebinds)
{
    public int Granules { get; init; } = 24;

    public int Slots { get; init; } = 14;

    /// <summary>Descriptors that further keys of a block may take; a key that gets none is known to the index alone.</summary>
    public int AliasesMax { get; init; } = int.MaxValue;

    /// <summary>
    /// By default an owner that was in use during the run outlives it, so that what it knows can be held against the arena.
    /// </summary>
    public TimeSpan PassivateAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Which content a put of the key stores.</summary>
    public int ContentOf(int key, int draw) => Rebinds ? draw % Contents : key % Contents;

    /// <summary>A content's length: from one byte to several granules, the same each time.</summary>
    public static long LengthBytesOf(int content) => 1 + (content * 7919L % (6 * SimulatedNode.Granule));
}
