using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

/// <summary>
/// Stores a block and binds its key. Reply, once: <see cref="ColdStored"/>; <see cref="NotAdmitted"/>; <see cref="Busy"/> when too much waits or it could
/// not be written within <paramref name="Timeout"/>; <see cref="Unavailable"/> when the device fails or has no space; <see cref="Refused"/>. Besides, once and in any order with the reply: <see cref="MemoryReleased"/>,
/// until which the memory must hold the block unchanged. May be repeated.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Memory">Where it lies.</param>
/// <param name="Binding">The key that names it; default for none.</param>
/// <param name="Frequency">How often it was asked for of late, by any measure: see <see cref="ColdSettings.AdmitFrequencyMin"/>.</param>
/// <param name="Durable">
/// True to be answered when it would survive the machine; then it is always admitted. False for a copy that memory gives up: answered as soon as
/// the record has its place in the log, and admitted by its frequency unless the block is stored already. What counts is <see cref="MemoryReleased.Durable"/>.
/// </param>
/// <param name="Timeout">How long it may take. A durable put that passes it while being written is answered <see cref="Busy"/> and may still be stored.</param>
/// <param name="ChanceOfReuse">
/// Chance that it is asked for again, 0 to 1; 1 where nobody can tell. A copy that memory gives up is not admitted where another block has to be dropped for it that
/// is likelier to be asked for.
/// </param>
public sealed record ColdPut(
    BlockId Id, PayloadMemory Memory, KeyBinding Binding, int Frequency, bool Durable, TimeSpan Timeout, double ChanceOfReuse = 1);

/// <summary>
/// Binds a further key to a block that is stored. Reply, once: <see cref="ColdStored"/>, <see cref="NotFound"/> when the block is not stored,
/// <see cref="Busy"/>, <see cref="Unavailable"/> when the device fails. A binding older than what is known of the key is answered as if it was stored and then replaced. May be repeated.
/// </summary>
public sealed record ColdBind(BlockId Id, KeyBinding Binding, bool Durable, TimeSpan Timeout);

/// <summary>
/// Deletes a key, as of a stamp: later bindings stay. A block that no other key names is dropped with it. Reply, once: <see cref="ColdRemoved"/>,
/// <see cref="Busy"/>, or <see cref="Unavailable"/> when the device fails. May be repeated.
/// </summary>
public sealed record ColdUnbind(KeyDigest Key, Clocks.HybridTimestamp Stamp, bool Durable, TimeSpan Timeout);

/// <summary>Drops a block, keys unchanged. Reply, once: <see cref="ColdRemoved"/>, <see cref="Busy"/>, or <see cref="Unavailable"/> when the device fails. May be repeated.</summary>
public sealed record ColdDrop(BlockId Id, bool Durable, TimeSpan Timeout);

/// <summary>
/// Brings a block into memory. Several asks for one block share one read. Reply, once: <see cref="ColdFetched"/>; <see cref="NotFound"/>;
/// <see cref="Busy"/> when it was not there within <paramref name="Timeout"/>. May be repeated.
/// </summary>
/// <param name="Key">A key of the block, behind which to read ahead; zero when none is known.</param>
/// <param name="Id">The block; zero for the one that the key names.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="ReadAheadMax">How many blocks further along the prefix to propose for reading, see <see cref="ReadAheadProposed"/>; 0 for none.</param>
/// <param name="IsAhead">
/// True for what was proposed and nobody asked for yet: it gives way to what is asked for, goes only into room that is free or holds what is worth less, and is
/// answered <see cref="Busy"/> when too much is read ahead already.
/// </param>
public sealed record ColdFetch(KeyDigest Key, BlockId Id, TimeSpan Timeout, int ReadAheadMax, bool IsAhead = false);

/// <summary>
/// Asks for a block to be kept where it lies in the files, so that a node that shares the directory can read it there. Reply, once: <see cref="RecordLeased"/>;
/// <see cref="NotFound"/>; <see cref="Busy"/> when it is not flushed yet or too many are leased; <see cref="Refused"/>. Not to be repeated blindly: every answer carries
/// a lease of its own, which ends at its time.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="LeaseFor">How long the lease is to last: more than 0. The holder may give less, see <see cref="ColdSettings.RecordLeaseMax"/>.</param>
public sealed record LeaseRecord(BlockId Id, TimeSpan LeaseFor);

/// <summary>Reply: the record stays where it is. What is read there is to be held against the block's id all the same: the holder may fail meanwhile.</summary>
/// <param name="Id">The block.</param>
/// <param name="File">Number of the file among those of the holder's rank, which is its node's number: <c>agg_rank{rank:000}_{file:000000}.bin</c>.</param>
/// <param name="OffsetBytes">Where in it the record begins; the payload lies behind its header.</param>
/// <param name="LengthBytes">Bytes of the payload.</param>
/// <param name="Lease">The lease's number at the holder.</param>
/// <param name="LeaseFor">How long it lasts from the moment at which the holder answered.</param>
public sealed record RecordLeased(BlockId Id, uint File, long OffsetBytes, long LengthBytes, ulong Lease, TimeSpan LeaseFor);

/// <summary>Ends a lease of a record. No reply. May be repeated.</summary>
public sealed record ReleaseRecord(BlockId Id, ulong Lease);

/// <summary>Reply: the record has its place in the log, and is on disk and flushed if <paramref name="Durable"/>.</summary>
public sealed record ColdStored(bool Durable);

/// <summary>Reply: the block was asked for too seldom to be worth a write.</summary>
public sealed record NotAdmitted
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly NotAdmitted Instance = new();

    private NotAdmitted()
    {
    }
}

/// <summary>Reply: the name is gone, durably if asked for.</summary>
/// <param name="Found">False when it was not here.</param>
public sealed record ColdRemoved(bool Found);

/// <summary>Reply: the block is in memory, as <see cref="RoomFilled"/> said to <see cref="ColdPort.Memory"/> just before.</summary>
public sealed record ColdFetched(BlockId Id, PayloadMemory Memory);

/// <summary>To the sender of a <see cref="ColdPut"/>: the memory is no longer looked at.</summary>
/// <param name="Id">The block.</param>
/// <param name="Memory">The memory.</param>
/// <param name="Durable">True when the block is on disk and flushed, so that the copy in memory may be given up.</param>
public sealed record MemoryReleased(BlockId Id, PayloadMemory Memory, bool Durable);

/// <summary>
/// To <see cref="ColdPort.Memory"/>: a block is to be read. Reply: <see cref="RoomGiven"/> or <see cref="RoomDenied"/>, at any time: room that comes
/// too late is returned. Asked again not ahead, the request that was ahead is void, and what it was given counts.
/// </summary>
/// <param name="Fetch">Names the request.</param>
/// <param name="Id">The block.</param>
/// <param name="LengthBytes">Its bytes.</param>
/// <param name="IsAhead">Nobody asked for the block yet.</param>
public sealed record RoomNeeded(long Fetch, BlockId Id, long LengthBytes, bool IsAhead = false);

/// <summary>Memory for a block to be read. Answered once by <see cref="RoomFilled"/> or <see cref="RoomReturned"/>.</summary>
public sealed record RoomGiven(long Fetch, PayloadMemory Memory);

/// <summary>There is no memory for the block. No reply; who asked for the block is answered <see cref="Busy"/>.</summary>
/// <param name="Fetch">The number of the request.</param>
/// <param name="Reason">Why.</param>
/// <param name="WasAhead">True when the request that is denied was ahead of need.</param>
public sealed record RoomDenied(long Fetch, string Reason, bool WasAhead = false);

/// <summary>The memory holds the block, checked against its id by the device. Before any <see cref="ColdFetched"/> about it.</summary>
/// <param name="Fetch">The number of the <see cref="RoomNeeded"/>.</param>
/// <param name="Id">The block.</param>
/// <param name="Memory">Where it lies.</param>
/// <param name="Binding">A key that names it; default when none is known.</param>
/// <param name="IsAhead">Nobody has asked for the block yet.</param>
public sealed record RoomFilled(long Fetch, BlockId Id, PayloadMemory Memory, KeyBinding Binding, bool IsAhead = false);

/// <summary>The memory was not filled and holds nothing of worth.</summary>
public sealed record RoomReturned(long Fetch, PayloadMemory Memory);

/// <summary>
/// To <see cref="ColdPort.Tier"/>: these stored blocks come next in a prefix whose head was asked for, nearest first. Whoever has room may fetch them.
/// </summary>
public sealed record ReadAheadProposed(IReadOnlyList<ReadAheadBlock> Blocks);

/// <summary>A block worth reading ahead.</summary>
public readonly record struct ReadAheadBlock(KeyDigest Key, BlockId Id, long LengthBytes);

/// <summary>To <see cref="ColdPort.Tier"/>: recovery is over and the key index was told of all keys. Requests are served since what is on disk is known.</summary>
/// <param name="Blocks">Blocks that can be read.</param>
/// <param name="Keys">Keys that name a block.</param>
/// <param name="LatestStamp">The latest stamp of any key found: the node's hybrid clock must not give earlier ones.</param>
/// <param name="HeadersRead">Record headers that were read because no checkpoint covered them.</param>
public sealed record ColdReady(int Blocks, int Keys, Clocks.HybridTimestamp LatestStamp, long HeadersRead);

/// <summary>
/// Asks to be told when nothing is under way any more, as before a planned stop; an index checkpoint is written first. Reply:
/// <see cref="ColdSettled"/>. May be repeated.
/// </summary>
public sealed record ColdSettle
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly ColdSettle Instance = new();

    private ColdSettle()
    {
    }
}

/// <summary>All that was asked of the store is done, and of the device all is answered.</summary>
public sealed record ColdSettled
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly ColdSettled Instance = new();

    private ColdSettled()
    {
    }
}
