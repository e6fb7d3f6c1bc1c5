namespace Cascade.Tiers.Shm;

/// <summary>An arena cannot be opened or created as asked. The message says what was found, what was expected and what to do.</summary>
public sealed class ArenaRefusedException : Exception
{
    /// <summary>A refusal without words.</summary>
    public ArenaRefusedException()
    {
    }

    /// <summary>A refusal.</summary>
    public ArenaRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal that another failure led to.</summary>
    public ArenaRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
