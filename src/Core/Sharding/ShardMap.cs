using System.Collections.Immutable;
using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Core.Sharding;

/// <summary>
/// Which node owns which shard, and which one backs it up. Depends on the members of a view alone: nodes with one view have one map. Immutable, and so
/// safe for any thread.
/// </summary>
/// <remarks>
/// <para>
/// Rendezvous hashing (Thaler and Ravishankar, 1998): each shard scores every member, and the highest score owns it. When a member goes, its shards alone
/// move, each to its backup; when one comes, it alone gets shards.
/// </para>
/// <para>
/// A member that is slow-started runs only for a part of the shards, a fixed one for each <see cref="Member.Share"/>, which grows with it. The shards that nobody
/// runs for are scored by all.
/// </para>
/// <para>Suspects keep their shards, since most suspicions are refuted; nodes that join or leave and clients have none.</para>
/// </remarks>
public sealed class ShardMap
{
    /// <summary>How many shards there are, in every cluster.</summary>
    public const int Shards = 1024;

    // Keeps the draw of shards for slow starts independent of the scores.
    private const ulong ShareSalt = 0xD6E8FEB86659FD93;

    /// <summary>Nobody owns anything.</summary>
    public static readonly ShardMap Empty = new([]);

    private readonly Candidate[] _candidates;
    private readonly NodeId?[] _owners = new NodeId?[Shards];
    private readonly NodeId?[] _backups = new NodeId?[Shards];

    private ShardMap(Candidate[] candidates)
    {
        _candidates = candidates;
        for (var shard = 0; shard < Shards; shard++)
            (_owners[shard], _backups[shard]) = Winners(candidates, Mixing.Mix((ulong)shard + 1));
    }

    /// <summary>The nodes that take shards, in the order of their numbers.</summary>
    public ImmutableArray<NodeId> Nodes => [.. _candidates.Select(static candidate => candidate.Node)];

    /// <summary>The map of a view.</summary>
    /// <param name="view">Who is in the cluster.</param>
    /// <param name="previous">A map that is returned, instead of a new one, when it is the view's map too.</param>
    public static ShardMap Of(MembershipView view, ShardMap? previous = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        Candidate[] candidates =
        [
            .. view.Members
                .Where(static member => member.TakesWork)
                .Select(static member => new Candidate(member.Node, Mixing.Mix(member.Node.Value + 1UL), member.Share)),
        ];
        return previous is not null && previous._candidates.AsSpan().SequenceEqual(candidates) ? previous : new ShardMap(candidates);
    }

    /// <summary>The shard of a hash: of a digest's leading word, say. All 64 bits count.</summary>
    public static int ShardOf(ulong hash) => (int)(Mixing.Mix(hash) >> 54);

    /// <summary>The shard of a name, the same in every process.</summary>
    public static int ShardOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ShardOf(Mixing.Hash(name));
    }

    /// <summary>The node that owns a shard; null when no node takes shards.</summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    public NodeId? OwnerOf(int shard) => _owners[shard];

    /// <summary>The node that owns the shard when its owner is gone; null when fewer than two nodes take shards.</summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    public NodeId? BackupOf(int shard) => _backups[shard];

    /// <summary>The node on which the one actor of this name runs; null when no node takes work.</summary>
    public NodeId? SingletonOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        // Another constant than the shards' keeps singletons off the owner of any one shard.
        return Winners(_candidates, Mixing.Mix(Mixing.Hash(name))).First;
    }

    private static (NodeId? First, NodeId? Second) Winners(Candidate[] candidates, ulong subject)
    {
        (bool Runs, ulong Score) first = default, second = default;
        int winner = -1, runnerUp = -1;
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = Mixing.Mix(subject ^ candidates[i].Hash);
            var entry = (Runs: Runs(candidates[i], score), Score: score);
            // Candidates are in order of their numbers, so that of equal scores the lower number wins.
            if (winner < 0 || IsHigher(entry, first))
            {
                (second, runnerUp) = (first, winner);
                (first, winner) = (entry, i);
            }
            else if (runnerUp < 0 || IsHigher(entry, second))
            {
                (second, runnerUp) = (entry, i);
            }
        }
        return (winner < 0 ? null : candidates[winner].Node, runnerUp < 0 ? null : candidates[runnerUp].Node);
    }

    private static bool Runs(in Candidate candidate, ulong score) =>
        candidate.Share == Member.FullShare || (int)(Mixing.Mix(score ^ ShareSalt) % Member.FullShare) < candidate.Share;

    private static bool IsHigher((bool Runs, ulong Score) left, (bool Runs, ulong Score) right) =>
        left.Runs != right.Runs ? left.Runs : left.Score > right.Score;

    private readonly record struct Candidate(NodeId Node, ulong Hash, int Share);
}
