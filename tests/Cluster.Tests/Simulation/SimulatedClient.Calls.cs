using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Cluster.Tests.Simulation;

/// <content>Every call but the put.</content>
internal sealed partial class SimulatedClient
{
    private async Task GetAsync(int key)
    {
        var (digest, began, leaseFor) = (Sample.Key(key), _node.Now, Milliseconds(400));
        var pin = _node.Arena.Lease(digest, leaseFor);
        var outcome = pin is null ? "miss" : "hit";
        if (pin is null && await LocateAsync(digest, Milliseconds(100)) is { } located)
        {
            // The copy is held by the directory's own lease from here on; the owner's has done its work.
            pin = _node.Arena.Lease(located.Id, leaseFor);
            _node.Owners.Tell(new Release(located.Id, located.Lease), ActorRefs.NoSender);
            if (pin is not null)
            {
                await _node.Memory.Ask<AliasBound>(new BindAlias(located.Id, located.Binding));
                await _node.BindAsync(located.Binding, located.Id);
            }

            outcome = pin is null ? "late" : "found";
        }

        Ledger.Answered("get", outcome, _node.Now - began, Slack);
        if (pin is null)
            return;
        _held.Add(pin);
        _node.Accesses.TryWrite(pin.Id.Prefix64);
        Ledger.Check(
            _workload.Rebinds || pin.Id == Sample.Block(_workload.ContentOf(key, 0)),
            $"key {key} gave {pin.Id}, which was never put under it");
    }

    /// <summary>A reader on another node: its lease is the owner's alone, and is released or runs out.</summary>
    private async Task ReadFromElsewhereAsync(int key)
    {
        var (began, leaseFor) = (_node.Now, Milliseconds(200));
        var located = await LocateAsync(Sample.Key(key), leaseFor);
        Ledger.Answered("locate", located is null ? "miss" : "hit", _node.Now - began, Slack);
        if (located is null)
            return;
        var promise = new ReaderPin(located.Copy, located.Id, began + leaseFor);
        Ledger.Promise(promise);
        if (_random.Next(4) == 0)
            return;
        await Task.Delay(Milliseconds(100), _node.Sim.Time);
        promise.IsEnded = true;
        _node.Owners.Tell(new Release(located.Id, located.Lease), ActorRefs.NoSender);
    }

    private async Task<Place?> LocateAsync(KeyDigest key, TimeSpan leaseFor)
    {
        if (await _node.KeyIndex.Ask<object>(new Lookup(key)) is not Found found)
            return null;
        switch (await _node.Owners.Ask<object>(new Locate(found.Id, Sample.Node, leaseFor)))
        {
            case Located located:
                return new Place(found.Id, found.Binding, located.Copy, located.Lease);
            case NotFound:
                // Between a grant to evict and its withdrawal the owner does not know a copy that stays.
                if (!_node.Arena.TryFind(found.Id, out _))
                    _node.KeyIndex.Tell(new Forget(key, found.Id, found.Binding.Stamp), ActorRefs.NoSender);
                return null;
            case var busy:
                Assert.IsType<Busy>(busy);
                return null;
        }
    }

    private async Task DeleteAsync(int key)
    {
        var (digest, began) = (Sample.Key(key), _node.Now);
        var write = Ledger.BeginWrite(digest);
        var stamp = _node.NextStamp();
        BlockId? named = await _node.KeyIndex.Ask<object>(new Unbind(digest, stamp)) is Found found ? found.Id : null;
        if (named is null && _node.Arena.TryFind(digest, out _, out var local, out _))
            named = local;
        if (named is { } id)
        {
            _node.Registry.Tell(new Unregister(digest, stamp), ActorRefs.NoSender);
            if (await _node.Memory.Ask<KeyReleased>(new ReleaseKey(digest, id, stamp)) is { KeysLeft: 0 })
                Ledger.Condemn(id);
        }

        var isAlone = Ledger.EndWrite(digest, write);
        Ledger.Answered("delete", named is null ? "miss" : "hit", _node.Now - began, Slack);
        if (isAlone)
            Ledger.Check(!_node.Arena.TryFind(digest, out _, out _, out _), $"{digest} is in the directory right after its deletion");
    }

    private async Task ProtectAsync(int key)
    {
        var (digest, began) = (Sample.Key(key), _node.Now);
        var outcome = await TryProtectAsync(digest);
        Ledger.Answered("protect", outcome, _node.Now - began, Slack);
    }

    private async Task<string> TryProtectAsync(KeyDigest key)
    {
        if (!_node.Arena.TryFind(key, out var copy, out var id, out _))
            return "miss";
        if (await _node.Registry.Ask<object>(new Register(key, id, copy.LengthBytes, _node.NextStamp())) is not Registered)
            return "full";
        var isProtected = await _node.Owners.Ask<object>(new Protect(id, key)) is ProtectDone;
        if (!_node.Registered.State.TryGet(key, out var entry) || entry.Id != id)
        {
            // A withdrawal overtook it: what the registry told the owner then came before the protection.
            _node.Owners.Tell(new Unprotect(id, key), ActorRefs.NoSender);
            return "overtaken";
        }

        if (isProtected && _node.Arena.TryFind(key, out _, out var still, out _) && still == id)
            return "done";
        await WithdrawAsync(key);
        return "late";
    }

    private async Task UnprotectAsync(int key)
    {
        var (digest, began) = (Sample.Key(key), _node.Now);
        await WithdrawAsync(digest);
        Ledger.Answered("unprotect", "done", _node.Now - began, Slack);
    }

    private async Task WithdrawAsync(KeyDigest key) =>
        await _node.Registry.Ask<Registered>(new Unregister(key, _node.NextStamp()));

    private async Task EstimateAsync(int key)
    {
        var (id, began) = (Sample.Block(_workload.ContentOf(key, 0)), _node.Now);
        var estimate = await _node.Tracker.Ask<FrequencyEstimate>(new EstimateFrequency(id));
        Ledger.Answered("estimate", "done", _node.Now - began, Slack);
        Ledger.Check(estimate.Id == id && estimate.Reads is >= 0 and <= 15, $"an estimate of {estimate}");
    }

    private sealed record Place(BlockId Id, KeyBinding Binding, CopyLocation Copy, ulong Lease);
}
