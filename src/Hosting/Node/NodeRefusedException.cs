namespace Cascade.Hosting.Node;

/// <summary>A node cannot start, or cannot go on: what it needs of the machine or the cluster is not to be had.</summary>
public sealed class NodeRefusedException : Exception
{
    /// <summary>Says nothing more than its type.</summary>
    public NodeRefusedException()
    {
    }

    /// <summary>Says why, and what to do.</summary>
    public NodeRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, what to do, and what broke.</summary>
    public NodeRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
