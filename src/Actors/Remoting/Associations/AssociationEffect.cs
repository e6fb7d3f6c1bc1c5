using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting.Associations;

/// <summary>Where an association stands.</summary>
internal enum AssociationState
{
    /// <summary>No connection, and nothing wants one.</summary>
    Idle,

    /// <summary>A connection is being made; messages are queued.</summary>
    Dialing,

    /// <summary>The greetings are under way; messages are queued.</summary>
    Handshaking,

    /// <summary>Frames flow.</summary>
    Established,

    /// <summary>The peer is out of reach until the next attempt; messages are dead letters.</summary>
    Backoff,

    /// <summary>The peer's present life was declared down and is not talked to.</summary>
    Down,
}

/// <summary>What an association wants done, in this order.</summary>
internal abstract record AssociationEffect
{
    private AssociationEffect()
    {
    }

    /// <summary>Make a connection, and name it by <see cref="Association.Attach"/>.</summary>
    public sealed record Dial : AssociationEffect;

    /// <summary>Greet over a connection, as its first frame.</summary>
    public sealed record Greet(object Link, Hello Hello) : AssociationEffect;

    /// <summary>End a connection, telling the peer why.</summary>
    public sealed record Close(object Link, ByeCode Code, string Reason) : AssociationEffect;

    /// <summary>The peer lives another life than before: what hung on the old one has ended.</summary>
    public sealed record PeerEnded(string Reason) : AssociationEffect;

    /// <summary>Frames can flow over the link.</summary>
    public sealed record Up(object Link) : AssociationEffect;

    /// <summary>What waits to be sent cannot be, and what was asked will hardly be answered.</summary>
    public sealed record Lost(string Reason) : AssociationEffect;

    /// <summary>Queue a heartbeat.</summary>
    public sealed record Beat : AssociationEffect;

    /// <summary>Worth a line in the log.</summary>
    public sealed record Note(string Text) : AssociationEffect;
}
