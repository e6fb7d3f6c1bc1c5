using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Messages;

namespace Cascade.Tiers.Gpu;

/// <summary>The actor through which device memory's tier, and readers of this node and of others, have blocks brought into shared memory.</summary>
/// <remarks>
/// It stands below the tier of device memory as the cold tier stands below shared memory, and takes the same messages: <see cref="ColdPut"/>,
/// <see cref="ColdBind"/>, <see cref="ColdFetch"/>. What they call durable is here: in shared memory.
/// </remarks>
public sealed class GpuStager : UntypedActor
{
    /// <summary>What the tier of device memory sends to in order to reach it.</summary>
    public static readonly object Port = new StagerPort();

    private readonly GpuMover _mover;

    private GpuStager(GpuMover mover) => _mover = mover;

    /// <summary>How to start the actor.</summary>
    public static Props Props(GpuMover mover) => Actors.Props.Create(() => new GpuStager(mover));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ColdPut put:
                _ = PutAsync(put, Sender);
                break;
            case ColdBind bind:
                _ = _mover.BindAsync(bind.Id, bind.Binding, bind.Timeout).PipeTo(Sender, Self);
                break;
            case ColdFetch fetch:
                _ = FetchAsync(fetch).PipeTo(Sender, Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private async Task PutAsync(ColdPut put, IActorRef asker)
    {
        var outcome = await _mover.BringDownAsync(put.Id, put.Binding, put.Timeout);
        var isThere = outcome is Published;
        asker.Tell(new MemoryReleased(put.Id, put.Memory, isThere), ActorRefs.NoSender);
        asker.Tell(isThere ? new ColdStored(Durable: true) : outcome, ActorRefs.NoSender);
    }

    private async Task<object> FetchAsync(ColdFetch fetch)
    {
        var outcome = await _mover.BringDownAsync(fetch.Id, default, fetch.Timeout);
        return outcome is Published { Copy: var copy } ? new ColdFetched(fetch.Id, new PayloadMemory(copy.OffsetBytes, copy.LengthBytes)) : outcome;
    }

    private sealed class StagerPort
    {
        public override string ToString() => "gpu-stager";
    }
}
