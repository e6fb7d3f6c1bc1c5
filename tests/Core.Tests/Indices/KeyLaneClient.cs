using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Indices;

/// <summary>
/// Binds, deletes and looks up one key, one thing at a time, each asked for until it is answered by who is in charge, and knows what the key has to name.
/// </summary>
internal sealed class KeyLaneClient(KeyLaneWorld world, ulong seed, KeyDigest key, Func<ulong> nextStamp)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private int _attempt;

    public KeyDigest Key { get; } = key;

    /// <summary>What was acknowledged last.</summary>
    public BlockId Expected { get; private set; }

    public int Answers { get; private set; }

    public bool Rests { get; set; }

    public bool IsIdle { get; private set; } = true;

    public void Next()
    {
        IsIdle = true;
        if (Rests)
        {
            world.At(TimeSpan.FromMilliseconds(200), Next);
            return;
        }
        IsIdle = false;
        var stamp = new HybridTimestamp(nextStamp());
        IKeyMessage message = world.Random.Below(10) switch
        {
            < 3 => new Bind(new KeyBinding(Key, default, 0, stamp), Digests.Block(1 + world.Random.Below(1000))),
            < 5 => new Unbind(Key, stamp),
            _ => new Lookup(Key),
        };
        Attempt(message);
    }

    private void Attempt(IKeyMessage message)
    {
        var attempt = ++_attempt;
        if (world.Nodes.Count > 0)
            world.Ask(world.Nodes.Values.ElementAt(world.Random.Below(world.Nodes.Count)), message, reply => OnReply(attempt, message, reply));
        world.At(AskAgainAfter, () => Again(attempt, message));
    }

    private void Again(int attempt, IKeyMessage message)
    {
        if (attempt == _attempt)
            Attempt(message);
    }

    private void OnReply(int attempt, IKeyMessage message, object reply)
    {
        if (attempt != _attempt)
            return;
        if (reply is Moved)
        {
            _attempt++;
            var next = _attempt;
            world.At(TimeSpan.FromMilliseconds(50), () => Again(next, message));
            return;
        }
        switch (message)
        {
            case Bind bind:
                Assert.True(reply is Bound { Applied: true }, $"seed {seed}, at {world.Now}: {Key} was not bound: {reply}");
                Expected = bind.Id;
                break;
            case Unbind:
                Assert.True(reply is Found or NotFound, $"seed {seed}: {reply}");
                Expected = default;
                break;
            default:
                var named = reply is Found found ? found.Id : default;
                Assert.True(named == Expected, $"seed {seed}, at {world.Now}: {Key} of shard {KeyLanes.ShardOf(Key)} names {named}, not {Expected}");
                break;
        }
        _attempt++;
        Answers++;
        world.At(world.Random.Below(TimeSpan.FromMilliseconds(300)), Next);
    }
}
