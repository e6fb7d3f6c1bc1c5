using System.Buffers;
using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Cluster.Index;
using Cascade.Core.Membership;
using Cascade.Hosting.Node;

namespace Cascade.Simulation.World;

/// <summary>The real remoting over the world's network, with an unreliable way to the memberships of others, and planted bugs.</summary>
internal sealed class SimNodeNetwork(RemotingNetwork inner, SimWorld world) : INodeNetwork
{
    private static readonly string KeyIndexPrefix = KeyIndexPaths.Of(0)[..^1];

    public event Action<NodeAddress>? Connected
    {
        add => inner.Connected += value;
        remove => inner.Connected -= value;
    }

    public event Action<NodeAddress>? Lost
    {
        add => inner.Lost += value;
        remove => inner.Lost -= value;
    }

    public NodeAddress Address => inner.Address;

    public IActorRef Resolve(NodeAddress address, string path)
    {
        var real = inner.Resolve(address, path);
        return path == NodePaths.Membership ? new UnreliableRef(real, world) : real;
    }

    public IActorRef Resolve(Member member, string path)
    {
        var real = inner.Resolve(member, path);
        return path.StartsWith(KeyIndexPrefix, StringComparison.Ordinal) ? world.Planted.OnResolve(real) : real;
    }

    public void BeginLife(Member self) => inner.BeginLife(self);

    public void MarkDown(Member member) => inner.MarkDown(member);

    public void MarkLost(Member member) => inner.MarkLost(member);

    public void MarkUp(Member member) => inner.MarkUp(member);
}

/// <summary>The nodes' table of messages; one that has no wire form is a mistake that is found here.</summary>
internal sealed class WatchedMessages(SimWorld world) : IMessageCodec
{
    private readonly WireMessages _inner = new();

    public bool TryWrite(object message, IBufferWriter<byte> to, out uint type)
    {
        world.Messages++;
        if (_inner.TryWrite(message, to, out type))
            return true;
        world.Ledger.Fail($"{message.GetType().Name} has no wire form, or does not fit it: {message}");
        return false;
    }

    public bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message)
    {
        if (_inner.TryRead(type, from, refs, out message))
            return true;
        world.Ledger.Fail($"a message of type {type} could not be read");
        return false;
    }
}
