namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>One fault in HOCON text.</summary>
/// <param name="Origin">Where it stands.</param>
/// <param name="Message">What was found and what was expected.</param>
public sealed record HoconError(Origin Origin, string Message)
{
    /// <summary><c>file:line:column: message</c>.</summary>
    public override string ToString() => $"{Origin}: {Message}";
}

/// <summary>
/// HOCON text that cannot be read or resolved. It is the only exception that reading HOCON throws for faulty input.
/// </summary>
public sealed class HoconException : Exception
{
    /// <summary>Reports several faults at once.</summary>
    public HoconException(IReadOnlyList<HoconError> errors)
        : base(string.Join(Environment.NewLine, errors)) => Errors = errors;

    internal HoconException(Origin origin, string message)
        : this([new HoconError(origin, message)]) { }

    /// <summary>The faults, in the order found; never empty.</summary>
    public IReadOnlyList<HoconError> Errors { get; }
}
