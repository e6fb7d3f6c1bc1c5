namespace Cascade.Core.Ports;

/// <summary>What a core wants done: messages to send, in order, after a step.</summary>
/// <remarks>
/// A core names a receiver by what it was given (the opaque sender of a request), by a <see cref="Placement.TierAddress"/>
/// or by a <see cref="Destination"/>; the shell turns each into an actor. Not thread-safe: one outbox belongs to one core.
/// </remarks>
public sealed class Outbox
{
    private readonly List<Effect> _effects = [];

    /// <summary>The effects of the step, in the order in which they are to be carried out.</summary>
    public IReadOnlyList<Effect> Effects => _effects;

    /// <summary>Asks for <paramref name="message"/> to be sent to <paramref name="to"/>.</summary>
    public void Send(object to, object message) => _effects.Add(new Effect(to, message));

    /// <summary>Asks for <paramref name="message"/> to be sent to <paramref name="to"/> in the name of another sender, whom the receiver then answers.</summary>
    public void SendFor(object sender, object to, object message) => _effects.Add(new Effect(to, message) { Sender = sender });

    /// <summary>Forgets the effects once the shell has carried them out.</summary>
    public void Clear() => _effects.Clear();
}

/// <summary>A receiver that every node has.</summary>
public sealed class Destination
{
    /// <summary>The block owners: a message goes to the owner of its <see cref="Messages.IBlockMessage.Id"/>.</summary>
    public static readonly Destination Owners = new("owners");

    /// <summary>The key index: a message goes to the shard of its <see cref="Messages.IKeyMessage.Key"/>.</summary>
    public static readonly Destination KeyIndex = new("key-index");

    private readonly string _name;

    private Destination(string name) => _name = name;

    /// <inheritdoc/>
    public override string ToString() => _name;
}

/// <summary>One message to send.</summary>
/// <param name="To">The sender of an earlier request, a tier address, or a destination.</param>
/// <param name="Message">What to send.</param>
public readonly record struct Effect(object To, object Message)
{
    /// <summary>The sender of an earlier request in whose name it is sent; null for the core's own.</summary>
    public object? Sender { get; init; }
}
