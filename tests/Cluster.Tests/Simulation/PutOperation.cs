using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>What became of a simulated put.</summary>
internal enum PutOutcome
{
    Stored,
    AlreadyPresent,
    Busy,
    Refused,
    Cancelled,
}

/// <summary>
/// One put, as the embedding interface does it: reserve, fill, begin, publish, commit, bind; what was taken is given back when a
/// step fails.
/// </summary>
internal sealed class PutOperation(SimulatedNode node, KeyBinding binding, BlockId id, long lengthBytes, TimeSpan deadline)
{
    /// <summary>A block can go between any two steps, but not this often in one put.</summary>
    private const int TriesMax = 20;

    private readonly TimeSpan _giveUpAt = node.Now + deadline;
    private Reservation? _reservation;
    private ulong? _fill;

    private TimeSpan Left => _giveUpAt > node.Now ? _giveUpAt - node.Now : TimeSpan.Zero;

    public async Task<PutOutcome> RunAsync(TimeSpan fillTime, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReserveAsync(cancellationToken) is { } noRoom)
                return noRoom;
            if (fillTime > TimeSpan.Zero)
                await Task.Delay(fillTime, node.Sim.Time, cancellationToken);
            for (var tries = 0; tries < TriesMax; tries++)
            {
                switch (await node.Owners.Ask<object>(new Begin(id, Sample.Node, lengthBytes, Left), cancellationToken))
                {
                    case BeginGranted granted:
                        _fill = granted.Fill;
                        await PublishAsync();
                        await node.BindAsync(binding, id);
                        return PutOutcome.Stored;
                    case AlreadyPresent:
                        if (await TryNameAsync())
                            return PutOutcome.AlreadyPresent;
                        break;
                    case var busy:
                        Assert.IsType<Busy>(busy);
                        return PutOutcome.Busy;
                }
            }

            throw new InvalidOperationException($"The owner of {id} says {TriesMax} times that a block is here that is not.");
        }
        catch (OperationCanceledException)
        {
            return PutOutcome.Cancelled;
        }
        finally
        {
            GiveBack();
        }
    }

    private async Task<PutOutcome?> ReserveAsync(CancellationToken cancellationToken)
    {
        // A caller that leaves before the answer must not leave its room behind.
        var asked = node.Memory.Ask<object>(new Reserve(lengthBytes, Left), Timeout.InfiniteTimeSpan, CancellationToken.None);
        try
        {
            switch (await asked.WaitAsync(cancellationToken))
            {
                case Reserved reserved:
                    _reservation = reserved.Reservation;
                    return null;
                case Busy:
                    return PutOutcome.Busy;
                case var refused:
                    Assert.IsType<Refused>(refused);
                    return PutOutcome.Refused;
            }
        }
        catch (OperationCanceledException)
        {
            _ = GiveBackLateAsync(asked);
            throw;
        }
    }

    /// <summary>
    /// False when the block went after its owner had said that it is here: the bytes are still in hand to begin again.
    /// </summary>
    private async Task<bool> TryNameAsync()
    {
        await node.Memory.Ask<AliasBound>(new BindAlias(id, binding));
        if (!node.Arena.TryFind(id, out _))
            return false;
        await node.BindAsync(binding, id);
        return true;
    }

    /// <summary>From here on the block can be found: a put that were given up in between would leave it half known.</summary>
    private async Task PublishAsync()
    {
        var publish = new Publish(_reservation!.Value, id, binding);
        _reservation = null;
        var published = await node.Memory.Ask<Published>(publish);
        var reply = await node.Owners.Ask<object>(new Commit(id, _fill!.Value, published.Copy));
        _fill = null;

        // A fill that took too long is no longer ours, but the copy is there and whole: its owner is to know.
        if (reply is Refused)
            node.Owners.Tell(new AddCopy(id, published.Copy), ActorRefs.NoSender);
    }

    private void GiveBack()
    {
        if (_reservation is { } reservation)
            node.Memory.Tell(new Cancel(reservation), ActorRefs.NoSender);
        if (_fill is { } fill)
            node.Owners.Tell(new Abort(id, fill), ActorRefs.NoSender);
        _reservation = null;
        _fill = null;
    }

    private async Task GiveBackLateAsync(Task<object> asked)
    {
        if (await asked is Reserved late)
            node.Memory.Tell(new Cancel(late.Reservation), ActorRefs.NoSender);
    }
}
