namespace Cascade.Tiers.Cold;

/// <summary>A cold directory cannot be used as asked. The message says what was found and what to do.</summary>
public sealed class ColdRefusedException : Exception
{
    /// <summary>A refusal without words.</summary>
    public ColdRefusedException()
    {
    }

    /// <summary>A refusal.</summary>
    public ColdRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal that another failure led to.</summary>
    public ColdRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
