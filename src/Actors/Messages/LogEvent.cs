namespace Cascade.Actors;

/// <summary>Something the host should log; published to the event stream and given to the settings' sink.</summary>
/// <param name="LogSource">The path of the actor it is about.</param>
/// <param name="Message">What happened.</param>
public abstract record LogEvent(string LogSource, string Message);

/// <summary>An actor failed, or a hook of it threw.</summary>
/// <param name="Cause">What was thrown.</param>
/// <param name="LogSource">The path of the actor.</param>
/// <param name="Message">What it was doing, and what its supervisor decided.</param>
public sealed record Error(Exception Cause, string LogSource, string Message) : LogEvent(LogSource, Message);
