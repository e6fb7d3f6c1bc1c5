using System.Security.Cryptography;
using Cascade.Core.Identity;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Cold;

/// <summary>What a disk gives without any of the cold tier's work: the measure that its figures are a ratio to.</summary>
/// <remarks>
/// One file, written and then read from its start to its end by direct transfers of one length, so many at a time, each a single call on a
/// thread of its own, from and to memory that is not in the processor's caches, as that of blocks is not. It is memory of the kind that blocks
/// lie in, an arena: how far its pages lie together in the machine's memory decides how large the disk's requests can be, and made a
/// factor of 2 to 3 where this was measured. Writing ends with a flush, which is in its time. File and arena go when this is disposed. One thread.
/// </remarks>
public sealed class RawDiskYardstick : IDisposable
{
    /// <summary>More than any processor keeps in its caches.</summary>
    private const long MemoryBytes = 256 << 20;

    private readonly string _path;
    private readonly long _totalBytes;
    private readonly int _inFlight;
    private readonly TimeProvider _time;
    private readonly DirectFile _file;
    private readonly ArenaFile _arena;
    private readonly string _arenaPath;
    private readonly int _blockBytes;
    private readonly long _blocks;

    /// <summary>Makes the file. Nothing is set aside for it, and nothing written, yet.</summary>
    /// <param name="directory">A directory that is there.</param>
    /// <param name="memory">Where the memory is to lie that is written from and read to: a directory on tmpfs.</param>
    /// <param name="totalBytes">How much to write and read: a multiple of <paramref name="blockBytes"/>.</param>
    /// <param name="blockBytes">Length of a transfer: a multiple of 4 KiB.</param>
    /// <param name="inFlight">Transfers at a time: 1 to 256.</param>
    /// <param name="time">What the time is taken from.</param>
    /// <exception cref="IOException">The disk fails, is full, or may not be written to.</exception>
    /// <exception cref="ArenaRefusedException">There is no such memory.</exception>
    public RawDiskYardstick(string directory, string memory, long totalBytes, int blockBytes, int inFlight, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inFlight, 256);
        if (blockBytes <= 0 || blockBytes % Pages.SizeBytes != 0 || totalBytes <= 0 || totalBytes % blockBytes != 0)
            throw new ArgumentException(
                $"{totalBytes} bytes in blocks of {blockBytes}: give a multiple of {Pages.SizeBytes} for the block and of the block for the total.");
        (_totalBytes, _blockBytes, _inFlight, _time) = (totalBytes, blockBytes, inFlight, time);
        _blocks = Math.Min(totalBytes / blockBytes, Math.Max(inFlight, MemoryBytes / blockBytes));
        var name = $"yardstick-{Environment.ProcessId}-{Guid.NewGuid():n}";
        _path = Path.Combine(directory, $".{name}");
        Require(DirectFile.Open(_path, DirectFileAccess.Create, null, out var file), "Creating");
        _file = file!;
        var options = new ShmArenaOptions
        {
            ClusterName = name,
            Node = new NodeId(0),
            CapacityBytes = _blocks * blockBytes,
            Directory = memory,
            HugePages = true,
        };
        _arenaPath = options.FilePath;
        try
        {
            _arena = ArenaFile.Open(options, null);
        }
        catch
        {
            _file.Dispose();
            _ = Libc.unlink(_path);
            throw;
        }

        // Not zeros, which the disk or what lies below it could store as a hole.
        for (var i = 0L; i < _blocks; i++)
            Fill(AddressOf(i));
    }

    /// <summary>False when the file system refused <c>O_DIRECT</c> and the page cache had a part in it.</summary>
    public bool IsDirect => _file.IsDirect;

    /// <summary>Bytes of the file in the page cache now.</summary>
    public long CachedBytes => PageCacheResidency.BytesOf(_path);

    /// <summary>Sets the room aside, as the cold tier does, writes the file and flushes it. Gives bytes per second.</summary>
    /// <exception cref="IOException">The disk fails or is full.</exception>
    public double Write()
    {
        var start = _time.GetTimestamp();
        _ = _file.Preallocate(_totalBytes);
        TransferAll(writing: true);
        Require(_file.Flush(), "Flushing");
        return _totalBytes / _time.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Reads the file that was written. Gives bytes per second.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public double Read()
    {
        var start = _time.GetTimestamp();
        TransferAll(writing: false);
        return _totalBytes / _time.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Libc.unlink(_arenaPath);
        _arena.Dispose();
        _file.Dispose();
        _ = Libc.unlink(_path);
    }

    private nint AddressOf(long block) => _arena.Mapping.Address + (nint)(_arena.Layout.PayloadOffset + (block % _blocks * _blockBytes));

    private unsafe void Fill(nint block) => RandomNumberGenerator.Fill(new Span<byte>((byte*)block, _blockBytes));

    /// <summary>So many threads, each of which takes the next place of the file until none is left.</summary>
    private void TransferAll(bool writing)
    {
        var next = -1L;
        var error = 0;
        Thread[] threads = [.. Enumerable.Range(0, _inFlight).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Require(error, writing ? "Writing" : "Reading");

        void Work()
        {
            for (long i; Volatile.Read(ref error) == 0 && (i = Interlocked.Increment(ref next)) < _totalBytes / _blockBytes;)
            {
                Libc.Iovec piece = new() { iov_base = AddressOf(i), iov_len = (nuint)_blockBytes };
                var at = i * _blockBytes;
                var result = writing ? _file.Write([piece], at) : _file.Read([piece], at);
                if (result.Error != 0 || result.Bytes != _blockBytes)
                    Volatile.Write(ref error, result.Error != 0 ? result.Error : Errno.EIO);
            }
        }
    }

    private void Require(int error, string operation)
    {
        if (error != 0)
            throw Errno.Failure(operation, _path, error);
    }
}
