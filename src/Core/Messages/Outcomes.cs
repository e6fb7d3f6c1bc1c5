namespace Cascade.Core.Messages;

/// <summary>Reply: the thing asked for is not here.</summary>
public sealed record NotFound
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly NotFound Instance = new();

    private NotFound()
    {
    }
}

/// <summary>Reply: a bounded resource stayed full until the deadline. Trying again later may succeed.</summary>
/// <param name="Reason">What was full, in words for a person.</param>
public sealed record Busy(string Reason);

/// <summary>Reply: what the request needs, such as a disk, is not there or fails at present.</summary>
/// <param name="Reason">What fails and what to see to, in words for a person.</param>
public sealed record Unavailable(string Reason);

/// <summary>Reply: the request cannot be served as it is, now or later.</summary>
/// <param name="Reason">What is wrong and what to do, in words for a person.</param>
public sealed record Refused(string Reason);

/// <summary>
/// Reply: who was asked is not in charge of it, or not yet. Nothing was done: look anew who is, and ask again a little later, until the deadline.
/// </summary>
public sealed record Moved
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly Moved Instance = new();

    private Moved()
    {
    }
}
