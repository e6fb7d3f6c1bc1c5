namespace Cascade.Cluster.Owners;

/// <summary>
/// Region to a block owner: its shard is another node's from now on. Who waits is answered <see cref="Core.Messages.Moved"/>, and the owner stops.
/// No reply. May be repeated.
/// </summary>
public sealed class ShardHandedOff
{
    private ShardHandedOff()
    {
    }

    /// <summary>The only one.</summary>
    public static ShardHandedOff Instance { get; } = new();
}
