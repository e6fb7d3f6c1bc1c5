using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Remote;

/// <summary>
/// Reads copies in the cold tiers of other nodes from their files, out of a directory that this node shares with them: the holder only keeps the file from being
/// deleted meanwhile. Whatever goes wrong, the holder can still be asked to read the block itself. Thread-safe.
/// </summary>
/// <param name="nodes">The other nodes' actors, and what they say of themselves.</param>
/// <param name="records">Reads the files.</param>
/// <param name="space">Where blocks go.</param>
/// <param name="time">The clock of deadlines.</param>
public sealed class SharedCopies(NodeRefs nodes, SharedRecords records, IPullSpace space, TimeProvider time)
{
    /// <summary>Label by which a node tells the name of the cold directory that it shares.</summary>
    public const string Label = "cold";

    // Half of the time is kept for the holder to read the block, should this fail.
    private const int Share = 2;

    // The lease outlives the read by the holder's clock, and an answer that comes late is listened for, to give its lease back.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private long _read, _fellBack, _corrupt;

    /// <summary>Copies that were read from files of other nodes.</summary>
    public long Read => Volatile.Read(ref _read);

    /// <summary>Copies that could not be, so that their holder was asked for them.</summary>
    public long FellBack => Volatile.Read(ref _fellBack);

    /// <summary>Those of them whose bytes were not their block's.</summary>
    public long Corrupt => Volatile.Read(ref _corrupt);

    /// <summary>True for a copy in files that this node sees too.</summary>
    public bool Covers(in CopyLocation copy) =>
        copy.Tier == TierKind.Cold && copy.Node != nodes.Self && nodes.View.Current.Members.Find(copy.Node)?.Metadata[Label] == records.DirectoryId;

    /// <summary>Room that holds the block; null when its holder has to be asked for it.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the room was given back.</exception>
    internal async Task<PulledRoom?> TryReadAsync(BlockId id, CopyLocation copy, RoomUse use, TimeLimit limit, CancellationToken cancellation)
    {
        if (!Covers(copy) || nodes.Of(copy.Node, NodePaths.ColdTier) is not { } holder)
            return null;
        var room = await TryReadAsync(holder, id, copy, use, new TimeLimit(time, limit.Left / Share), cancellation);
        Interlocked.Increment(ref room is null ? ref _fellBack : ref _read);
        return room;
    }

    private async Task<PulledRoom?> TryReadAsync(
        IActorRef holder, BlockId id, CopyLocation copy, RoomUse use, TimeLimit limit, CancellationToken cancellation)
    {
        if (await LeaseAsync(holder, id, limit, cancellation) is not { } leased)
            return null;
        PulledRoom? room = null;
        Task<DeviceFault>? reading = null;
        var isRead = false;
        try
        {
            if (leased.Id != id || leased.LengthBytes != copy.LengthBytes)
                return null;
            room = await space.TakeAsync(copy.LengthBytes, limit.Left, use, cancellation) as PulledRoom;
            if (room is null)
                return null;
            reading = records.ReadAsync(copy.Node, leased, room.Address, room.Owner, limit.Left);
            var fault = await limit.WaitAsync(reading, cancellation);
            if (fault.Status == DeviceStatus.DigestMismatch)
                Interlocked.Increment(ref _corrupt);
            isRead = !fault.Occurred;
            return isRead ? room : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _ = EndAsync(holder, leased, isRead ? null : room, reading);
        }
    }

    /// <summary>Gives back what is held once the disk does not write to it any more.</summary>
    private static async Task EndAsync(IActorRef holder, RecordLeased leased, PulledRoom? room, Task<DeviceFault>? reading)
    {
        if (reading is not null)
            await reading;
        room?.GiveBack();
        holder.Tell(new ReleaseRecord(leased.Id, leased.Lease), ActorRefs.NoSender);
    }

    private static async Task<RecordLeased?> LeaseAsync(IActorRef holder, BlockId id, TimeLimit limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var left = limit.Left;
        if (left == TimeSpan.Zero)
            return null;
        Task<object>? asked = null;
        try
        {
            asked = holder.Ask<object>(new LeaseRecord(id, left + Slack), left + Slack, CancellationToken.None);
            return await limit.WaitAsync(asked, cancellation) as RecordLeased;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            _ = ReleaseLateAsync(holder, asked);
            return null;
        }
        catch (OperationCanceledException)
        {
            _ = ReleaseLateAsync(holder, asked);
            throw;
        }
    }

    private static async Task ReleaseLateAsync(IActorRef holder, Task<object>? asked)
    {
        try
        {
            if (asked is not null && await asked is RecordLeased late)
                holder.Tell(new ReleaseRecord(late.Id, late.Lease), ActorRefs.NoSender);
        }
        catch (Exception)
        {
            // No answer, no lease that is known of.
        }
    }
}
