namespace Cascade.Hosting;

/// <summary>The cache could not answer: the node is stopping, or no answer came within the deadline.</summary>
public sealed class CascadeUnavailableException : Exception
{
    /// <summary>Says nothing more than its type.</summary>
    public CascadeUnavailableException()
    {
    }

    /// <summary>Says what was waited for.</summary>
    public CascadeUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was waited for and what broke.</summary>
    public CascadeUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
