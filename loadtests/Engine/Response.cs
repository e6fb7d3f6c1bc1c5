namespace Cascade.LoadTests.Engine;

/// <summary>Makes responses, in NBomber's words.</summary>
internal static class Response
{
    /// <summary>What a step or a scenario did, done well.</summary>
    /// <param name="statusCode">What kind of good answer it was, to be counted by; for example "hit".</param>
    /// <param name="sizeBytes">Bytes moved.</param>
    public static Response<object> Ok(string statusCode = "", long sizeBytes = 0) => new(false, statusCode, sizeBytes, "", null);

    /// <summary>Done well, with something for the rest of the scenario.</summary>
    public static Response<T> OkWith<T>(T payload, string statusCode = "", long sizeBytes = 0) => new(false, statusCode, sizeBytes, "", payload);

    /// <summary>Not done.</summary>
    /// <param name="statusCode">The reason, in a word or two: errors are counted by it.</param>
    /// <param name="message">More about it; the first message of each reason is kept.</param>
    public static Response<object> Fail(string statusCode, string message = "") => new(true, statusCode, 0, message, null);

    /// <inheritdoc cref="Fail(string, string)"/>
    public static Response<T> Fail<T>(string statusCode, string message = "") => new(true, statusCode, 0, message, default);
}

/// <summary>Outcome of a step, or of one run through a scenario.</summary>
/// <param name="IsError">True when it was not done.</param>
/// <param name="StatusCode">What it is counted by.</param>
/// <param name="SizeBytes">Bytes moved.</param>
/// <param name="Message">More about an error.</param>
/// <param name="Payload">What the step found, for the rest of the scenario.</param>
internal sealed record Response<T>(bool IsError, string StatusCode, long SizeBytes, string Message, T? Payload);
