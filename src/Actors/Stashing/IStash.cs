namespace Cascade.Actors;

/// <summary>An actor that can put messages aside: the engine sets <see cref="Stash"/> before <c>PreStart</c>.</summary>
public interface IWithStash
{
    /// <summary>The actor's stash; not yet there in the constructor.</summary>
    IStash Stash { get; set; }
}

/// <summary>
/// Messages put aside until the actor can use them. It belongs to the actor, not the instance: a restart puts them back in front of
/// the mailbox, a stop sends them to the dead letters. Only for use in the actor's own turns.
/// </summary>
public interface IStash
{
    /// <summary>How many messages are stashed.</summary>
    int Count { get; }

    /// <summary>Messages it can hold.</summary>
    int Capacity { get; }

    /// <summary>Puts the message in hand aside.</summary>
    /// <exception cref="StashOverflowException">The stash is full.</exception>
    /// <exception cref="InvalidOperationException">No message is in hand, or it is stashed already.</exception>
    void Stash();

    /// <summary>Puts the oldest stashed message back in front of the mailbox.</summary>
    void Unstash();

    /// <summary>Puts all stashed messages back in front of the mailbox, in the order of their arrival.</summary>
    void UnstashAll();
}
