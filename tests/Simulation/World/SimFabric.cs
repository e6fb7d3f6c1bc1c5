using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Ports;
using Cascade.Tiers.Shm;

namespace Cascade.Simulation.World;

/// <summary>Bytes from another node's arena after a while: read at the moment of delivery, sometimes with one of them wrong.</summary>
internal sealed class SimFabric(SimWorld world, SimNode self, SimLife life, ShmArena arena) : IPayloadFabric
{
    private static readonly TimeSpan LeaseFor = TimeSpan.FromSeconds(1);

    private int _inFlight;

    public FabricKind Kind => FabricKind.Tcp;

    public bool CanReach(NodeId peer) => true;

    public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation)
    {
        request.Validate();
        if (_inFlight >= world.Plan.Config.PullsMax)
            return Task.FromResult(PullResult.Busy);
        _inFlight++;
        var done = new TaskCompletionSource<PullResult>();
        var delay = world.FabricDelay();
        var isLate = delay > request.Timeout;
        world.After(isLate ? request.Timeout : delay, () =>
        {
            _inFlight--;
            if (!life.Turns.IsOver)
                life.Turns.Post(_ => done.TrySetResult(isLate ? PullResult.TimedOut : cancellation.IsCancellationRequested ? PullResult.Cancelled : Copy(request)), null);
        });
        return done.Task;
    }

    private unsafe PullResult Copy(in PullRequest request)
    {
        var holder = world.Nodes[(int)request.Source.Node.Value];
        if (holder.Life is not { } there || world.IsCut(holder, self))
            return PullResult.Unreachable($"{request.Source.Node} does not answer");
        if (there.Parts.Arena.Directory.Lease(request.Source, LeaseFor, out var lease) != LeaseOutcome.Leased)
            return PullResult.Stale;
        using (lease)
        {
            if (lease.Id != request.Block)
                return PullResult.Stale;
            var target = new Span<byte>((void*)request.Target.Address, (int)request.Target.LengthBytes);
            lease.Slice(request.SkipBytes, target.Length).CopyTo(target);
            if (world.HasFaults && world.Random.NextDouble() < world.Plan.Config.FabricCorrupts)
                target[world.Random.Next(target.Length)] ^= 0x10;
        }

        GC.KeepAlive(arena);
        return PullResult.Done;
    }
}
