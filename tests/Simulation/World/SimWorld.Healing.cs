using System.Globalization;
using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;
using Cascade.Hosting.Node;
using Cascade.Simulation.Checks;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>After the last fault: the cluster must find together, and hold what it promised.</summary>
internal sealed partial class SimWorld
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<BlockId, int> _protectedCopies = [];
    private int _protectedAsOf = -1;

    /// <summary>Waits until all is as it has to be; what is not by the end of the time is the violation.</summary>
    private void Heal()
    {
        MendAll();
        var end = Time.Elapsed + HealingMax;
        var fault = "nothing was looked at";
        while (fault is not null && Time.Elapsed < end)
        {
            if (!Advance(TimeSpan.FromSeconds(1)))
                return;
            if (WaitsForASeed() && Nodes[0].Life is null)
                Nodes[0].Start();
            fault = FindFault();
        }

        Ledger.Check(fault is null, $"{HealingMax} after the last fault {fault}");
    }

    /// <summary>Who was started while nobody is there who knows it waits for a seed: all nodes, or some beside others that are no seeds.</summary>
    private bool WaitsForASeed()
    {
        var waiting = Live.Count(static node => node.Life!.View.Find(node.Id)?.State == MemberState.Joining);
        return waiting == Live.Count() || (waiting > 0 && !Seeds.Any(static seed => seed.Life is not null));
    }

    private string? FindFault()
    {
        if (_calls.Count > 0)
            return $"{_calls[0].Call} is under way";
        if (_held.Count > 0)
            return "a lease is held";
        if (!IsOneView())
            return $"views differ: {Views()}";
        return FindLeak() ?? FindRegistryFault() ?? Ask(FindLostAsync);
    }

    private bool IsOneView()
    {
        var live = Live.ToArray();
        return live.All(node =>
        {
            var view = node.Life!.View.Members;
            return view.Length == live.Length && view.All(static member => member.State == MemberState.Up && (member.Share == Member.FullShare || member.Metadata.IsClient))
                && live.All(other => node.Life.View.Find(other.Id)?.Life == other.Life!.View.Find(other.Id)?.Life);
        });
    }

    private string Views() => string.Join("; ", Live.Select(ViewOf));

    private static string ViewOf(SimNode node) =>
        $"n{node.Index} sees {string.Join(", ", node.Life!.View.Members.Select(static member => $"{member} of share {member.Share}"))}";

    /// <summary>All room is of blocks that are there, and nothing holds them.</summary>
    private string? FindLeak()
    {
        foreach (var node in Live)
        {
            var arena = node.Life!.Parts.Arena;
            if (arena.Directory.HeldLeases is var leases and > 0)
                return $"{leases} leases are held in the arena of n{node.Index}";
            var used = 0L;
            arena.Visit((copy, _, _) => used += (copy.LengthBytes + SimConfig.Granule - 1) / SimConfig.Granule * SimConfig.Granule);
            if (node.IsClient && used > 0)
                return $"client n{node.Index} still holds {Passing(node)}";
            if (arena.FreeBytes + used != arena.CapacityBytes)
                return $"{arena.CapacityBytes - used - arena.FreeBytes} bytes of n{node.Index} are set aside for nothing";
        }

        return null;
    }

    /// <summary>The blocks in a client's memory, which are only on their way, with their keys.</summary>
    private string Passing(SimNode client)
    {
        var held = new List<string>();
        var arena = client.Life!.Parts.Arena;
        arena.Visit((copy, id, _) =>
        {
            var keys = new List<KeyBinding>();
            arena.CollectKeys(copy.Slot, keys);
            held.Add($"c{Contents.Find(id)} ({keys.Count} keys)");
        });
        return string.Join(", ", held);
    }

    private string? FindRegistryFault()
    {
        SimNode? first = null;
        foreach (var node in Stores)
        {
            first ??= node;
            var (mine, others) = (node.Life!.Parts.Cache.Registered.State, first.Life!.Parts.Cache.Registered.State);
            if (mine.Digest != others.Digest || mine.Keys != others.Keys)
                return $"the registries of n{first.Index} and n{node.Index} differ";
        }

        return null;
    }

    /// <summary>Each node finds each key that some arena names, and each owner knows the copies that are there.</summary>
    private async Task<string?> FindLostAsync()
    {
        var held = Held();
        foreach (var (id, copies) in held)
        {
            var question = new Describe(id);
            foreach (var (node, answer) in AskAll(node => node.Known.Owners.Ask<object>(question, Patience)))
            {
                if (await answer is not BlockDescription block)
                    return $"the owner of c{Contents.Find(id)} does not answer n{node.Index}";
                if (!block.Copies.Where(static copy => copy.Tier == TierKind.Shm).OrderBy(static copy => copy.Node).SequenceEqual(copies))
                    return $"the owner of c{Contents.Find(id)} on n{OwnerOf(node, id)} tells n{node.Index} of the copies {Text(block.Copies)}, and there are {Text(copies)}";
                if (block.Leases > 0)
                    return $"the owner of c{Contents.Find(id)} has {block.Leases} leases";
            }
        }

        // Last, since it has copies brought near.
        for (var key = 0; key < Ledger.Keys; key++)
        {
            if (MustBeFound(key, held) is { } content && await FindMissAsync(key, content) is { } miss)
                return miss;
        }

        return null;
    }

    /// <summary>Asks all nodes at once.</summary>
    private List<(SimNode Node, Task<object> Answer)> AskAll(Func<NodeActors, Task<object>> ask) => [.. Live.Select(node => (node, ask(node.Life!.Parts.Actors)))];

    private static string OwnerOf(SimNode seen, BlockId id) => seen.Life!.Parts.Cluster.View.Current.Shards.OwnerOf(ShardMap.ShardOf(id.Prefix64))?.ToString() ?? "?";

    private static string Text(IEnumerable<CopyLocation> copies) => string.Join(", ", copies.Select(static copy => $"{copy.Node}/{copy.Slot}.{copy.Generation}"));

    /// <summary>The copies in all arenas.</summary>
    private SortedDictionary<BlockId, List<CopyLocation>> Held()
    {
        var held = new SortedDictionary<BlockId, List<CopyLocation>>();
        foreach (var node in Stores)
        {
            node.Life!.Parts.Arena.Visit((copy, id, _) =>
            {
                if (!held.TryGetValue(id, out var copies))
                    held[id] = copies = [];
                copies.Add(copy);
            });
        }

        return held;
    }

    /// <summary>The content that a key has to give; null when it may be a miss.</summary>
    private int? MustBeFound(int key, SortedDictionary<BlockId, List<CopyLocation>> held)
    {
        var book = Ledger[key];
        if (!book.HasPutAcknowledged || book.HasDeletion || book.Written.Count != 1)
            return null;
        var content = book.Written.First();
        var isSure = book.Promises.Any(promise => Plan.Config.IsRoomy && LostArenas - promise.LostArenas < Math.Max(1, promise.Machines))
            || (Plan.Config.Disk is { IsRoomy: true, ReadError: 0 } && !HasLostDisks && !HasFilledDisks
                && book.Promises.Any(static promise => promise.Machines == CallEvent.Durable));
        var isNamed = !book.HasFailure && held.ContainsKey(Contents.Id(content))
            && Stores.Any(node => node.Life!.Parts.Arena.Directory.TryDescribe(Contents.Key(key).Digest, out _, out var id) && id == Contents.Id(content));
        return isSure || isNamed ? content : null;
    }

    private async Task<string?> FindMissAsync(int key, int content)
    {
        var lookup = new Lookup(Contents.Key(key).Digest);
        foreach (var (node, answer) in AskAll(node => node.Known.KeyIndex.Ask<object>(lookup, Patience)))
        {
            var found = await answer;
            if (found is not Found { Id: var id } || id != Contents.Id(content))
                return $"k{key}, acknowledged as c{content}, is {found.GetType().Name} when n{node.Index} asks for it";
        }

        var reader = Live.ElementAt(Random.Next(Live.Count()));
        using var result = await reader.Life!.Cache.GetAsync(Contents.Key(key));
        if (!result.IsHit)
            return $"k{key}, acknowledged as c{content}, is a miss at n{reader.Index} ({result.MissReason ?? "no reason"}; {RoomOf(reader)})";
        return result.Lease.Span.SequenceEqual(Contents.Bytes(content)) ? null : $"k{key} gives other bytes than c{content} at n{reader.Index}";
    }

    private static string RoomOf(SimNode node)
    {
        var (arena, registered) = (node.Life!.Parts.Arena, node.Life.Parts.Cache.Registered.State);
        var blocks = new HashSet<BlockId>();
        arena.Visit((_, id, _) => blocks.Add(id));
        return $"{arena.FreeBytes} of {arena.CapacityBytes} bytes and {arena.FreeSlots} of {arena.SlotCount} descriptors free, "
            + $"{blocks.Count(registered.Contains)} of {blocks.Count} blocks protected";
    }

    /// <summary>A block that all nodes hold for registered stays in some arena, unless a node ends.</summary>
    private void LookAtProtected()
    {
        if (!Plan.Config.Protects)
            return;
        var isComparable = _protectedAsOf == Ends;
        _protectedAsOf = Ends;
        for (var content = 0; content < Plan.Config.Contents; content++)
        {
            var id = Contents.Id(content);
            var copies = Stores.All(node => node.Life!.Parts.Cache.Registered.State.Contains(id))
                ? Stores.Count(node => node.Life!.Parts.Arena.Directory.TryDescribe(id, out _))
                : -1;
            if (isComparable && copies == 0 && _protectedCopies.GetValueOrDefault(id) > 0)
                Ledger.Fail($"c{content} is registered at all nodes and was dropped from the last memory");
            _protectedCopies[id] = copies;
        }
    }

    /// <summary>Asks actors; an answer that does not come is a fault in words.</summary>
    private string? Ask(Func<Task<string?>> question)
    {
        string? answer = "questions to actors are not answered";
        var isDone = false;
        Live.First().Life!.Turns.Post(
            async _ =>
            {
                try
                {
                    answer = await question();
                }
                catch (Exception e)
                {
                    answer = string.Create(CultureInfo.InvariantCulture, $"a question failed: {e.Message}");
                }

                isDone = true;
            }, null);
        for (var waited = TimeSpan.Zero; !isDone && waited < Patience * 4 && Advance(TimeSpan.FromMilliseconds(10)); waited += TimeSpan.FromMilliseconds(10))
        {
        }

        return answer;
    }
}
