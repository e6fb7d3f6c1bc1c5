namespace Cascade.Actors.Remoting.Frames;

/// <summary>What a frame says; the numbers are the wire's.</summary>
internal enum FrameKind : byte
{
    None = 0,

    /// <summary>Who is there: the first frame of each side.</summary>
    Hello = 1,

    /// <summary>A message for an actor or an ask.</summary>
    Message = 2,

    /// <summary>No reply will come to an ask, and why.</summary>
    Reject = 3,

    /// <summary>The sending node wants to know when an actor stops.</summary>
    Watch = 4,

    /// <summary>It no longer does, or has taken note of the end.</summary>
    Unwatch = 5,

    /// <summary>A watched actor has stopped; repeated on each new connection until it is unwatched.</summary>
    Terminated = 6,

    /// <summary>Nothing but a sign of life.</summary>
    Heartbeat = 7,

    /// <summary>The sender closes the connection, and why.</summary>
    Bye = 8,
}

/// <summary>Why a connection is closed, where the other side acts on it; the numbers are the wire's.</summary>
internal enum ByeCode : byte
{
    Other = 0,

    /// <summary>The two nodes dialed each other at once; the other connection serves both.</summary>
    Duplicate = 1,

    /// <summary>The node ends.</summary>
    Shutdown = 2,

    /// <summary>The peer was declared down and is not talked to in this life.</summary>
    Down = 3,
}

/// <summary>How a ref stands in a frame; the numbers are the wire's. The first three are recipients of the receiving system, or senders of the sending one.</summary>
internal enum RefKind : byte
{
    None = 0,

    /// <summary>An actor by path: u32 uid (0 for any life), u16 length, UTF-8 path.</summary>
    Path = 1,

    /// <summary>An open ask: u64 number.</summary>
    Ask = 2,

    /// <summary>An actor of a third system: u16 length, UTF-8 address, u64 incarnation (0 for any), then as <see cref="Path"/>.</summary>
    ForeignPath = 3,

    /// <summary>An ask of a third system: address and incarnation as above, u64 number.</summary>
    ForeignAsk = 4,
}
