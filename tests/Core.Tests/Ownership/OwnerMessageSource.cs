using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

/// <summary>
/// Draws messages: fresh ones, answers to what the owner said, and, as a network would, earlier ones again.
/// </summary>
internal sealed class OwnerMessageSource(Random random)
{
    private readonly List<IBlockMessage> _sent = [];
    private readonly List<ulong> _fills = [999_999];
    private readonly List<ulong> _leases = [999_999];
    private uint _generation = 2;

    public IBlockMessage Next()
    {
        if (_sent.Count > 0 && random.Next(6) == 0)
            return _sent[Math.Max(0, _sent.Count - 1 - random.Next(30))];
        var message = Fresh();
        _sent.Add(message);
        return message;
    }

    public void Learn(object reply)
    {
        switch (reply)
        {
            case BeginGranted granted: _fills.Add(granted.Fill); break;
            case Located located: _leases.Add(located.Lease); break;
            case Pull pull: _leases.Add(pull.Lease); break;
            default: break;
        }
    }

    private IBlockMessage Fresh() => random.Next(22) switch
    {
        0 or 1 or 2 => new Begin(Block, Node(), 4096, TimeSpan.FromSeconds(random.Next(-1, 8))),
        3 or 4 => new Commit(Block, Recent(_fills), Place()),
        5 => new Abort(Block, Recent(_fills)),
        6 or 7 or 8 => new Locate(Block, Node(), TimeSpan.FromSeconds(random.Next(-1, 12))),
        9 or 10 => new Release(Block, Recent(_leases)),
        11 or 12 => new AddCopy(Block, Place()),
        13 => random.Next(2) == 0 ? new RemoveCopy(Block, Place()) : Remove(Place(), random.Next(3)),
        14 or 15 or 16 => new Evict(Block, Place(), Discard: random.Next(3) == 0),
        17 => new Promote(Block, Place().Address),
        18 => new Protect(Block, Key(random.Next(3))),
        19 => new Unprotect(Block, Key(random.Next(3))),
        20 => random.Next(3) == 0 ? new Delete(Block) : new Evict(Block, Place()),
        _ => new Describe(Block),
    };

    private NodeId Node() => new((uint)random.Next(4));

    private CopyLocation Place()
    {
        if (random.Next(8) == 0)
            _generation += 2;
        var generation = random.Next(4) == 0 ? Math.Max(2, _generation - 2) : _generation;
        var node = (uint)random.Next(3);
        return random.Next(4) switch
        {
            0 => Gpu(node, 0, generation),
            1 => ColdCopy(node, 0, generation),
            _ => Shm(node, (uint)random.Next(2), generation),
        };
    }

    private ulong Recent(List<ulong> numbers) => numbers[Math.Max(0, numbers.Count - 1 - random.Next(3))];
}
