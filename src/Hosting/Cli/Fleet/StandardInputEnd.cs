namespace Cascade.Hosting.Cli.Fleet;

/// <summary>Tells when the standard input of this process ends, which is when the process that holds its other end closes it or is gone.</summary>
internal sealed class StandardInputEnd : IDisposable
{
    private readonly CancellationTokenSource _source;

    /// <param name="input">The standard input; what comes from it is thrown away.</param>
    /// <param name="cancellationToken">Fires <see cref="Token"/> as well.</param>
    public StandardInputEnd(Stream input, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _source.Token;

        // A read from a terminal or a pipe holds its thread until something comes; at the end of the process nobody waits for it.
        new Thread(() => Watch(input)) { IsBackground = true, Name = "standard input" }.Start();
    }

    /// <summary>Fires at the end of the standard input, or with the token given.</summary>
    public CancellationToken Token { get; }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private void Watch(Stream input)
    {
        var buffer = new byte[256];
        try
        {
            while (input.Read(buffer) > 0)
                continue;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            // What cannot be read has ended.
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The node has ended before its input.
        }
    }
}
