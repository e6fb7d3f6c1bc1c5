namespace Cascade.Actors.Remoting.Frames;

/// <summary>A decoded frame: a view into the decoder's buffer, with the fields that its kind has.</summary>
internal ref struct Frame
{
    public FrameKind Kind;

    /// <summary>All its bytes, those of its length among them.</summary>
    public int LengthBytes;

    /// <summary>Message: for whom. Watch, Unwatch, Terminated: the actor in question.</summary>
    public WireRef Recipient;

    /// <summary>Message: from whom.</summary>
    public WireRef Sender;

    /// <summary>Message: the number in the codec's table.</summary>
    public uint Type;

    /// <summary>Reject: the ask's number.</summary>
    public ulong Ask;

    /// <summary>Reject: the kind of failure. Bye: a <see cref="ByeCode"/>.</summary>
    public byte Code;

    /// <summary>Message: its bytes. Reject, Bye: a text in UTF-8.</summary>
    public ReadOnlySpan<byte> Body;

    /// <summary>Hello: who is there.</summary>
    public Hello? Hello;
}

/// <summary>A ref as it stands in a frame.</summary>
internal ref struct WireRef
{
    public RefKind Kind;
    public uint Uid;
    public ulong Ask;
    public ulong Incarnation;
    public ReadOnlySpan<byte> Address;
    public ReadOnlySpan<byte> Path;

    /// <summary>All bytes of the ref: equal for equal refs, so that they serve as a cache's key.</summary>
    public ReadOnlySpan<byte> Raw;
}

/// <summary>A node's greeting.</summary>
/// <param name="IsAnswer">False from the side that dialed.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Address">The address that peers reach the node at.</param>
/// <param name="Incarnation">The node's life.</param>
/// <param name="Connection">The dialer's number for this connection, which the answer repeats.</param>
/// <param name="LastConnection">The last connection between the two that the sender knows to have been in use; 0 for none.</param>
internal sealed record Hello(bool IsAnswer, string Cluster, string Address, ulong Incarnation, ulong Connection, ulong LastConnection);
