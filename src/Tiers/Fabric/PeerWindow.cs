using Cascade.Core.Placement;

namespace Cascade.Tiers.Fabric;

/// <summary>A peer's copy, read in place. Thread-safe, except that nothing is read after it is disposed.</summary>
/// <remarks>
/// The bytes are the copy's for as long as the reader's lease at the holder lasts. A reader whose lease may have ended checks
/// <see cref="IsIntact"/> after reading: true then means that what it read was the copy.
/// </remarks>
public sealed unsafe class PeerWindow : IDisposable
{
    private readonly PeerArena _arena;
    private readonly CopyLocation _copy;
    private readonly byte* _address;
    private int _closed;

    /// <summary>Takes over a reference on the arena's mapping.</summary>
    internal PeerWindow(PeerArena arena, in CopyLocation copy, nint address)
    {
        (_arena, _copy) = (arena, copy);
        _address = (byte*)address;
    }

    /// <summary>Lets go of the mapping when nobody has.</summary>
    ~PeerWindow() => Close();

    /// <summary>Address of the first byte in this process. It can be read, not written.</summary>
    public nint Address => (nint)_address;

    /// <summary>Length of the copy, in bytes.</summary>
    public long LengthBytes => _copy.LengthBytes;

    /// <summary>True when all that was read so far was the copy. May be asked while another thread closes the window.</summary>
    public bool IsIntact
    {
        get
        {
            var taken = false;
            try
            {
                _arena.Mapping.DangerousAddRef(ref taken);
                return Volatile.Read(ref _closed) == 0 && _arena.Holds(_copy);
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
            finally
            {
                if (taken)
                    _arena.Mapping.DangerousRelease();
            }
        }
    }

    /// <summary>Part of the copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the copy.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public ReadOnlySpan<byte> Slice(long offsetBytes, int lengthBytes)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, LengthBytes - lengthBytes);
        return new ReadOnlySpan<byte>(_address + offsetBytes, lengthBytes);
    }

    /// <summary>Closes the window. Repeating it does nothing.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            _arena.Mapping.DangerousRelease();
    }
}
