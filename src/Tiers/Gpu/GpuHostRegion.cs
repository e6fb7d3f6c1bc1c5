using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Host memory that devices are let at, such as the arena of shared memory: copies of it need no staging.</summary>
/// <remarks>
/// It is registered in pieces, from its beginning on, and serves as far as it has come. Slabs that use it are disposed before it.
/// All members may be called on any thread; one at a time registers.
/// </remarks>
public sealed class GpuHostRegion : IDisposable
{
    /// <summary>Length of a piece unless told otherwise: 1 GiB, a quarter of a second of registering.</summary>
    public const long DefaultPieceBytes = 1L << 30;

    private readonly GpuContext _context;
    private readonly nint _address;
    private readonly long _lengthBytes;
    private readonly long _pieceBytes;
    private readonly Lock _turn = new();
    private long _registeredBytes;
    private bool _disposed;

    private GpuHostRegion(GpuContext context, nint address, long lengthBytes, long pieceBytes) =>
        (_context, _address, _lengthBytes, _pieceBytes) = (context, address, lengthBytes, pieceBytes);

    /// <summary>Bytes from the beginning on that devices are let at.</summary>
    public long RegisteredBytes => Volatile.Read(ref _registeredBytes);

    /// <summary>Why the rest is not registered, in words; null while nothing went wrong.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Names memory that is to be registered; nothing of it is yet. The memory outlives this object.</summary>
    /// <param name="device">A device; what is registered serves all others too.</param>
    /// <param name="address">The first byte, at a page.</param>
    /// <param name="lengthBytes">Length: whole pages.</param>
    /// <param name="pieceBytes">What is registered at a time: whole pages.</param>
    /// <exception cref="ArgumentException">The memory is not whole pages.</exception>
    /// <exception cref="GpuRefusedException">There is no driver, or no such device.</exception>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static GpuHostRegion Create(int device, nint address, long lengthBytes, long pieceBytes = DefaultPieceBytes)
    {
        var page = Environment.SystemPageSize;
        if (address == 0 || address % page != 0 || lengthBytes <= 0 || lengthBytes % page != 0 || pieceBytes <= 0 || pieceBytes % page != 0)
            throw new ArgumentException($"{lengthBytes} bytes at {address:x} in pieces of {pieceBytes} cannot be registered: give whole pages of {page} bytes.");
        return new GpuHostRegion(GpuContext.Open(device), address, lengthBytes, pieceBytes);
    }

    /// <summary>
    /// Registers what is not registered yet. Takes the time that the kernel needs to pin the pages, so it has a thread of its own. When the driver refuses a
    /// piece, what came before serves, <see cref="Trouble"/> says why, and the rest is copied through staging memory.
    /// </summary>
    /// <returns>True when all is registered.</returns>
    /// <exception cref="OperationCanceledException">It was to stop; what was registered serves.</exception>
    public bool Register(IProgress<(long DoneBytes, long TotalBytes)>? progress = null, CancellationToken cancellation = default)
    {
        while (TryRegisterPiece(cancellation))
            progress?.Report((RegisteredBytes, _lengthBytes));
        return RegisteredBytes == _lengthBytes;
    }

    /// <summary>Gives the memory back to the host alone. No copy of it may be under way.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed)
                return;
            _disposed = true;
            var registered = RegisteredBytes;
            Volatile.Write(ref _registeredBytes, 0);
            if (Cuda.cuCtxPushCurrent_v2(_context.Handle) == CudaCode.Success)
            {
                for (var offset = 0L; offset < registered; offset += _pieceBytes)
                    _ = Cuda.cuMemHostUnregister(_address + (nint)offset);
                _ = Cuda.cuCtxPopCurrent_v2(out _);
            }

            _context.Dispose();
        }
    }

    /// <summary>Bytes from an address on that one copy may take straight: within one piece, as the driver takes no copy that leaves a registration; 0 for none.</summary>
    internal long PinnedRun(nint host, long lengthBytes)
    {
        var offset = host - _address;
        if (offset < 0 || offset >= RegisteredBytes)
            return 0;
        return Math.Min(lengthBytes, Math.Min(_pieceBytes - (offset % _pieceBytes), _lengthBytes - offset));
    }

    private bool TryRegisterPiece(CancellationToken cancellation)
    {
        lock (_turn)
        {
            var done = RegisteredBytes;
            if (_disposed || done == _lengthBytes)
                return false;
            cancellation.ThrowIfCancellationRequested();
            var piece = Math.Min(_pieceBytes, _lengthBytes - done);
            try
            {
                using var scope = _context.Enter();
                var code = Cuda.cuMemHostRegister_v2(_address + (nint)done, (nuint)piece, Cuda.CU_MEMHOSTREGISTER_PORTABLE);
                CudaException.Check(code, nameof(Cuda.cuMemHostRegister_v2));
            }
            catch (CudaException failure)
            {
                Trouble = $"{_lengthBytes - done} of {_lengthBytes} bytes of host memory are copied by way of staging memory: {failure.Message}";
                return false;
            }

            Volatile.Write(ref _registeredBytes, done + piece);
            return true;
        }
    }
}
