using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tests.Ownership;

/// <summary>
/// Stands in for the region of block owners, which is of the actors: holds back what comes while a shard is loaded, turns away what is not its own, and lets
/// owners go when they are idle.
/// </summary>
internal sealed class RegionStandIn(HoldingsNode node, HoldingsRun run)
{
    private readonly Dictionary<int, Queue<(object Sender, IBlockMessage Message)>> _held = [];
    private readonly Dictionary<int, long> _rounds = [];
    private readonly SortedDictionary<BlockId, BlockOwnerCore> _owners = [];
    private readonly ShardSet _here = new();
    private long _round;

    public bool IsLoaded => _held.Count == 0;

    public IEnumerable<KeyValuePair<BlockId, BlockOwnerCore>> Owners => _owners;

    public void Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        switch (message)
        {
            case ClusterState state: OnState(state, outbox); break;
            case ShardsLoaded loaded: OnLoaded(now, loaded, outbox); break;
            case NodeGone gone:
                foreach (var owner in _owners.Values)
                    owner.NodeGone(now, gone.Node, outbox);
                break;
            case IBlockMessage block: OnBlock(now, sender, block, outbox); break;
            case Moved: break;
            default: Assert.Fail($"{message} is none of the region's"); break;
        }
    }

    /// <summary>Lets one owner go, as when it was idle for long.</summary>
    public void Passivate(int choice)
    {
        var idle = _owners.Where(static owner => owner.Value.CanPassivate).Select(static owner => owner.Key).ToList();
        if (idle.Count > 0)
            _owners.Remove(idle[choice % idle.Count]);
    }

    private void OnState(ClusterState state, Outbox outbox)
    {
        ShardSet come = new(), gone = new();
        for (var shard = 0; shard < ShardMap.Shards; shard++)
        {
            var isMine = state.Shards.OwnerOf(shard) == node.Id;
            if (isMine && _here.Add(shard))
                come.Add(shard);
            else if (!isMine && _here.Remove(shard))
                gone.Add(shard);
        }
        foreach (var id in _owners.Keys.Where(id => gone.Contains(ShardMap.ShardOf(id.Prefix64))).ToList())
        {
            _owners[id].HandOff(outbox);
            _owners.Remove(id);
        }
        foreach (var shard in gone.Shards())
            _held.Remove(shard);
        if (!gone.IsEmpty)
            outbox.Send(new Addressee(node.Id, Post.Loader), new ShardsLost(gone));
        if (come.IsEmpty)
            return;
        _round++;
        foreach (var shard in come.Shards())
        {
            _held[shard] = [];
            _rounds[shard] = _round;
        }
        outbox.Send(new Addressee(node.Id, Post.Loader), new LoadShards(come, _round));
    }

    private void OnLoaded(TimeSpan now, ShardsLoaded loaded, Outbox outbox)
    {
        foreach (var shard in loaded.Shards.Shards())
        {
            if (!_here.Contains(shard) || _rounds[shard] != loaded.Round || !_held.Remove(shard, out var held))
                continue;
            foreach (var (sender, message) in held)
                Own(now, sender, message, outbox);
        }
    }

    private void OnBlock(TimeSpan now, object sender, IBlockMessage message, Outbox outbox)
    {
        var shard = ShardMap.ShardOf(message.Id.Prefix64);
        if (!_here.Contains(shard))
            outbox.Send(sender, Moved.Instance);
        else if (_held.TryGetValue(shard, out var held))
            held.Enqueue((sender, message));
        else
            Own(now, sender, message, outbox);
    }

    private void Own(TimeSpan now, object sender, IBlockMessage message, Outbox outbox)
    {
        if (!_owners.TryGetValue(message.Id, out var owner))
            _owners.Add(message.Id, owner = new BlockOwnerCore(message.Id, HoldingsNode.Settings, node.Directory, run.NextNumber()));
        owner.Handle(now, sender, message, outbox);
    }
}
