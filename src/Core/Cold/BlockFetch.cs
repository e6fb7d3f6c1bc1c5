using Cascade.Core.Identity;

namespace Cascade.Core.Cold;

/// <summary>One read of a block, for all who asked for it.</summary>
internal sealed class BlockFetch(long number, BlockId id, long lengthBytes)
{
    public long Number { get; } = number;

    public BlockId Id { get; } = id;

    public long LengthBytes => lengthBytes;

    /// <summary>Nobody asked for it yet: it is read ahead.</summary>
    public bool IsAhead { get; set; }

    public List<(object Sender, TimeSpan Deadline)> Askers { get; } = [];

    /// <summary>Where the block goes; null until room was given.</summary>
    public PayloadMemory? Memory { get; set; }

    public bool IsReading { get; set; }

    /// <summary>In the line of those that have room and wait for their turn to read.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Reads of it that failed.</summary>
    public int Failures { get; set; }
}
