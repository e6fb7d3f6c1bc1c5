namespace Cascade.Actors.Remoting;

/// <summary>There is no connection to the peer of an asked message, or it was lost before the reply; whether it was handled is not known.</summary>
public sealed class PeerUnreachableException(string message) : Exception(message);

/// <summary>A message could not be written or read: the codec has no such type, or the frame limit was passed.</summary>
public sealed class UncodedMessageException(string message) : Exception(message);

/// <summary>A remote actor replied with a failure whose exception has no counterpart here; the text names its type.</summary>
public sealed class RemoteFailureException(string message) : Exception(message);

/// <summary>Stands in a <see cref="DeadLetter"/> for a message whose bytes could not be read.</summary>
/// <param name="Type">The number it came under.</param>
/// <param name="LengthBytes">How long it was.</param>
public sealed record UnreadableMessage(uint Type, int LengthBytes);

/// <summary>A connection came up, was lost or was refused.</summary>
/// <param name="Peer">The peer's address, or where the connection came from.</param>
/// <param name="Source">This node's address.</param>
/// <param name="Text">What happened and why.</param>
public sealed record RemotingEvent(string Peer, string Source, string Text) : LogEvent(Source, $"{Peer}: {Text}");
