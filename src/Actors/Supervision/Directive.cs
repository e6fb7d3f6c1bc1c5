namespace Cascade.Actors;

/// <summary>What a supervisor does about a failed child.</summary>
public enum Directive
{
    /// <summary>The child goes on as it is with its next message.</summary>
    Resume,

    /// <summary>A fresh instance takes over the child's ref and mailbox.</summary>
    Restart,

    /// <summary>The supervisor fails with the child's failure.</summary>
    Escalate,

    /// <summary>The child is stopped.</summary>
    Stop,
}
