namespace Cascade.Actors.Remoting.Simulated;

/// <summary>One end of a connection in memory.</summary>
internal sealed class SimulatedConnection(SimulatedNetwork network, string from, string to) : IRemoteConnection
{
    private readonly Queue<byte[]> _arriving = new();
    private SimulatedConnection? _other;
    private IRemoteConnectionHandler? _handler;
    private bool _isClosed;
    private bool _isMute;
    private TimeSpan _queued;

    public string From => from;

    public string To => to;

    public string Name => $"{from}->{to}";

    public void Join(SimulatedConnection other, IRemoteConnectionHandler handler) => (_other, _handler) = (other, handler);

    public bool Send(ReadOnlyMemory<byte> bytes)
    {
        Transmit(bytes);
        // Half of the batches count as sent a little later, so that both ways of completing are used.
        if (network.PieceBytes(2) == 1) return true;
        network.After(network.Delay(), () => _handler!.OnSent());
        return false;
    }

    public void Close(ReadOnlyMemory<byte> lastWords = default)
    {
        if (_isClosed) return;
        if (!lastWords.IsEmpty) Transmit(lastWords);
        _isClosed = true;
        network.Remove(this);
        var other = _other!;
        if (!_isMute && !network.IsBlocked(from, to)) Arrange(() => other.Break("closed by the peer"));
    }

    /// <summary>Ends both ends now.</summary>
    public void Break(string reason)
    {
        End(reason);
        _other!.End(reason);
    }

    private void End(string reason)
    {
        if (_isClosed) return;
        _isClosed = true;
        network.Remove(this);
        _handler!.OnClosed(reason);
    }

    private void Transmit(ReadOnlyMemory<byte> bytes)
    {
        _isMute |= network.IsBlocked(from, to);
        if (_isMute || _isClosed) return;
        for (var left = bytes; !left.IsEmpty;)
        {
            var count = network.PieceBytes(left.Length);
            _other!._arriving.Enqueue(left[..count].ToArray());
            Arrange(_other.Arrive);
            left = left[count..];
        }
    }

    /// <summary>Does something at the other end after what was sent before.</summary>
    private void Arrange(Action action)
    {
        // Each piece is a microsecond behind the one before at least: timers due at one moment fire in order of arming.
        var delay = network.Delay();
        var now = network.Now;
        _queued = now + delay > _queued ? now + delay : _queued + TimeSpan.FromMicroseconds(1);
        network.After(_queued - now, action);
    }

    private void Arrive()
    {
        if (!_arriving.TryDequeue(out var piece) || _isClosed) return;
        for (var left = piece.AsSpan(); !left.IsEmpty;)
        {
            var buffer = _handler!.GetReceiveBuffer().Span;
            var count = Math.Min(left.Length, buffer.Length);
            left[..count].CopyTo(buffer);
            left = left[count..];
            _handler.OnReceived(count);
        }
    }
}
