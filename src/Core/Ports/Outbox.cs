namespace Cascade.Core.Ports;

/// <summary>What a core wants done: messages to send, in order, after a step.</summary>
/// <remarks>
/// A core names a receiver by what it was given (the opaque sender of a request) or by a
/// <see cref="Placement.TierAddress"/>; the shell turns either into an actor. Not thread-safe: one outbox belongs to one core.
/// </remarks>
public sealed class Outbox
{
    private readonly List<Effect> _effects = [];

    /// <summary>The effects of the step, in the order in which they are to be carried out.</summary>
    public IReadOnlyList<Effect> Effects => _effects;

    /// <summary>Asks for <paramref name="message"/> to be sent to <paramref name="to"/>.</summary>
    public void Send(object to, object message) => _effects.Add(new Effect(to, message));

    /// <summary>Forgets the effects once the shell has carried them out.</summary>
    public void Clear() => _effects.Clear();
}

/// <summary>One message to send.</summary>
/// <param name="To">The sender of an earlier request, or a tier address.</param>
/// <param name="Message">What to send.</param>
public readonly record struct Effect(object To, object Message);
