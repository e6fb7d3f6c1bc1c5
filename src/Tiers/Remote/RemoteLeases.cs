using Cascade.Core.Membership;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>The leases that readers of this node hold on blocks of others: a bounded number. Thread-safe.</summary>
internal sealed class RemoteLeases(int max, HolderLink link, TimeProvider time)
{
    // Clocks of two machines run apart by far less than one part in 64 of a lease's time.
    private const int DriftShare = 64;

    private readonly Lock _turn = new();
    private readonly LinkedList<RemoteLease> _held = [];
    private int _count;

    public HolderLink Link { get; } = link;

    public TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Leases held, and reads that are about to get one.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What the holder is asked for, so that readers can be promised <paramref name="leaseFor"/> and renew it once.</summary>
    public static TimeSpan Ample(TimeSpan leaseFor)
    {
        var ample = new TimeSpan((2 * leaseFor.Ticks) + (leaseFor.Ticks / (DriftShare / 4)) + TimeSpan.TicksPerSecond);
        return ample < LeaseTable.MaxDuration ? ample : LeaseTable.MaxDuration;
    }

    /// <summary>How much of a holder's lease a reader can be sure of, from before it asked.</summary>
    public static TimeSpan Sure(TimeSpan leaseFor) => leaseFor - (leaseFor / DriftShare);

    /// <summary>Takes a place, which <see cref="Add"/> fills or <see cref="Leave"/> gives back; false when there are as many leases as are allowed.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= max)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);

    public void Add(RemoteLease lease)
    {
        lock (_turn)
            _held.AddLast(lease.Place);
    }

    public void Remove(RemoteLease lease)
    {
        lock (_turn)
            _held.Remove(lease.Place);
        Leave();
    }

    /// <summary>Ends leases whose time is over, and those whose holder's life has ended.</summary>
    public void Sweep(MembershipView members)
    {
        RemoteLease[] held;
        lock (_turn)
            held = [.. _held];
        var now = Now;
        foreach (var lease in held)
        {
            if (lease.Holder is { } holder && members.Find(holder.Node)?.Life != holder)
                lease.Lose();
            else
                lease.Expire(now);
        }
    }
}
