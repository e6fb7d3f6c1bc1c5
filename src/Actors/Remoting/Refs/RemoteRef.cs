using System.Buffers.Binary;
using System.Text;
using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting.Refs;

/// <summary>A ref of another system. What it is told becomes a frame for its peer.</summary>
/// <param name="peer">The system.</param>
/// <param name="incarnation">The only life of the peer that the ref is good for; 0 for any.</param>
/// <param name="wire">The ref as it stands in a frame to its own system.</param>
internal abstract class RemoteRef(Peer peer, ulong incarnation, byte[] wire) : IInternalActorRef
{
    public Peer Peer => peer;

    public ulong Incarnation => incarnation;

    public byte[] Wire => wire;

    public ActorSystem System => peer.System;

    public abstract ActorPath Path { get; }

    /// <summary>True when the life that the ref is good for was followed by another one.</summary>
    public bool IsOfFormerLife => peer.WasFollowed(incarnation);

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        peer.Send(this, message, sender);
    }

    public abstract void SendSystemMessage(SystemMessage message);

    /// <summary>Writes the ref as a sender: with its address, since without one it would be of the system that sends the frame.</summary>
    public void WriteAsSender(FrameBuffer buffer)
    {
        buffer.U8((byte)((RefKind)wire[0] == RefKind.Ask ? RefKind.ForeignAsk : RefKind.ForeignPath));
        buffer.Text(peer.Name);
        buffer.U64(incarnation);
        buffer.Raw(wire.AsSpan(1));
    }

    public override string ToString() => $"[{Path}]";
}

/// <summary>An actor of another system, by path. Equal refs name one actor in one life of its system.</summary>
internal sealed class RemoteActorRef : RemoteRef, IEquatable<RemoteActorRef>
{
    private readonly string _path;
    private readonly uint _uid;

    /// <param name="peer">Its system.</param>
    /// <param name="incarnation">The life of that system; 0 for any.</param>
    /// <param name="path">The path without address.</param>
    /// <param name="uid">The actor's life; 0 for any.</param>
    public RemoteActorRef(Peer peer, ulong incarnation, string path, uint uid)
        : base(peer, incarnation, WireOf(path, uid)) => (_path, _uid) = (path, uid);

    public override ActorPath Path => ActorPaths.Parse(Peer.Address, _path, (int)_uid);

    public static byte[] WireOf(string path, uint uid)
    {
        var wire = new byte[7 + Encoding.UTF8.GetByteCount(path)];
        wire[0] = (byte)RefKind.Path;
        BinaryPrimitives.WriteUInt32LittleEndian(wire.AsSpan(1), uid);
        BinaryPrimitives.WriteUInt16LittleEndian(wire.AsSpan(5), checked((ushort)(wire.Length - 7)));
        Encoding.UTF8.GetBytes(path, wire.AsSpan(7));
        return wire;
    }

    /// <summary>Watching goes over the wire. Stopping and supervising do not: tell a remote actor <see cref="PoisonPill"/> to stop it.</summary>
    public override void SendSystemMessage(SystemMessage message)
    {
        switch (message)
        {
            case Watch watch:
                Peer.Watch(this, watch.Watcher);
                break;
            case Unwatch unwatch:
                Peer.Unwatch(this, unwatch.Watcher);
                break;
            case Terminate:
                Peer.Note($"{this} cannot be stopped from here; tell it PoisonPill.");
                break;
        }
    }

    public bool Equals(RemoteActorRef? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Peer == other.Peer && Incarnation == other.Incarnation && _uid == other._uid && _path == other._path);

    public override bool Equals(object? obj) => Equals(obj as RemoteActorRef);

    public override int GetHashCode() => HashCode.Combine(_path, _uid, Incarnation);
}

/// <summary>An ask that is open in another system: takes its one reply, or the news that none will come.</summary>
internal sealed class RemoteAskRef(Peer peer, ulong incarnation, ulong number) : RemoteRef(peer, incarnation, WireOf(number)), IAskPromise
{
    public ulong Number => number;

    public override ActorPath Path => ActorPaths.Parse(Peer.Address, $"/temp/ask{number}", 0);

    /// <summary>Unknown here; the asking system drops what comes late.</summary>
    public bool IsSettled => false;

    public void Fail(Exception cause) => Peer.Reject(this, cause);

    public override void SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, System);

    private static byte[] WireOf(ulong number)
    {
        var wire = new byte[9];
        wire[0] = (byte)RefKind.Ask;
        BinaryPrimitives.WriteUInt64LittleEndian(wire.AsSpan(1), number);
        return wire;
    }
}

/// <summary>A path of this system at which no actor is: what it is told is a dead letter.</summary>
internal sealed class MissingActorRef(ActorSystem system, ActorPath path) : IInternalActorRef
{
    public ActorSystem System => system;

    public ActorPath Path => path;

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        system.DeadLetterRef.Reject(message, sender, this, static (actor, told) => new DeadLetterException($"There is no actor {actor}; {told.GetType()} was not handled."));
    }

    public void SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, system);

    public override string ToString() => $"[{path}]";
}
