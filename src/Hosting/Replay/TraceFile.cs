namespace Cascade.Hosting.Replay;

/// <summary>A trace in a file, or in a pipe, which can be read only once. Not thread-safe.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;

    /// <summary>Opens the file.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public TraceFile(string path)
    {
        _path = path;
        _stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
    }

    /// <summary>Reads all that will be used, so that a fault is found before anything is begun; null for a pipe.</summary>
    /// <param name="limit">Requests that will be used at most.</param>
    /// <exception cref="TraceFormatException">A line is not a request.</exception>
    public long? CountRequests(long limit)
    {
        if (!_stream.CanSeek)
            return null;
        long count = 0;
        var reader = new TraceReader(_stream, _path);
        while (count < limit && reader.Next() is not null)
            count++;
        _stream.Position = 0;
        return count;
    }

    /// <summary>The first requests of the trace.</summary>
    /// <param name="limit">How many at most.</param>
    /// <exception cref="TraceFormatException">A line is not a request.</exception>
    public IEnumerable<TraceRequest> Read(long limit)
    {
        var reader = new TraceReader(_stream, _path);
        for (long count = 0; count < limit && reader.Next() is { } request; count++)
            yield return request;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
