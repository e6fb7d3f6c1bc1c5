using System.Collections.Concurrent;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>A cold directory on a disk, a payload area and a device over both; all removed at the end of the test.</summary>
internal sealed class ColdSandbox : IDisposable
{
    /// <summary>A call that takes longer than this hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<DeviceCompletion>> _asked = new();
    private readonly bool _ownsFolder;
    private readonly AlignedMemory _area;
    private long _number;

    public ColdSandbox(
        string? folder = null, long areaBytes = 8 << 20, ColdDeviceOptions? options = null, Func<ColdSandbox, ColdDevice, IColdDevice>? wrap = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? TemporaryFolder.Create();
        _area = new AlignedMemory(areaBytes);
        Fill(0, areaBytes, 0xFF);
        Directory = ColdDirectory.Open(new ColdDirectoryOptions { DirectoryPath = Folder, Rank = 3 });
        var hooks = new ColdDeviceHooks { OnCompletion = Take, OnBuffered = Buffered.Enqueue };
        Real = new ColdDevice(Directory, Area, options ?? new ColdDeviceOptions { Threads = 4 }, hooks, Time);
        OnCompletion = Answer;
        Device = wrap?.Invoke(this, Real) ?? Real;
    }

    public string Folder { get; }

    public ColdDirectory Directory { get; }

    public ColdDevice Real { get; }

    public IColdDevice Device { get; }

    public PayloadArea Area => new(_area.Address, _area.LengthBytes);

    public ManualTime Time { get; } = new();

    /// <summary>Gets the real device's completions; a stand-in puts itself in between.</summary>
    public Action<DeviceCompletion> OnCompletion { get; set; }

    public int Unanswered => _asked.Count;

    public ConcurrentQueue<string> Failures { get; } = new();

    public ConcurrentQueue<string> Buffered { get; } = new();

    /// <summary>Hands a completion to who asked; a second one of the same number fails the test.</summary>
    public void Answer(DeviceCompletion completion)
    {
        if (!_asked.TryRemove(completion.Number, out var asker))
            throw new InvalidOperationException($"Request {completion.Number} is answered twice.");
        asker.SetResult(completion);
    }

    private void Take(DeviceCompletion completion, string? reason)
    {
        if (reason is not null)
            Failures.Enqueue(reason);
        OnCompletion(completion);
    }

    public Task<DeviceCompletion> Begin(Func<long, DeviceRequest> request)
    {
        var number = Interlocked.Increment(ref _number);
        var asker = _asked[number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Device.Submit(request(number));
        return asker.Task.WaitAsync(Patience);
    }

    public DeviceCompletion Do(Func<long, DeviceRequest> request) => Begin(request).GetAwaiter().GetResult();

    public DeviceStatus StatusOf(Func<long, DeviceRequest> request) => Do(request).Status;

    public void Require(Func<long, DeviceRequest> request)
    {
        var status = StatusOf(request);
        Assert.True(status == DeviceStatus.Ok, $"{status}: {string.Join('\n', Failures)}");
    }

    public void CreateFile(uint file, long expectedBytes = 0) => Require(n => new CreateFile(n, file, expectedBytes));

    /// <summary>Puts a block of random bytes into the area and gives the header of its record.</summary>
    public LogRecordHeader Block(int seed, long lengthBytes, uint file, long offset, long memoryAt = 0)
    {
        var bytes = ArenaSandbox.Bytes(seed, (int)lengthBytes);
        bytes.CopyTo(Span(memoryAt, bytes.Length));
        return new LogRecordHeader(LogRecordKind.Block, ArenaSandbox.Id(bytes), lengthBytes, ArenaSandbox.Binding(seed), DigestAlgorithm.Blake3)
        {
            Place = LogPosition.At(file, offset),
            Origin = LogPosition.At(file, offset),
        };
    }

    /// <summary>Writes a block; gives its header and where the next record begins.</summary>
    public LogRecordHeader Put(int seed, long lengthBytes, uint file, ref long offset, long memoryAt = 0)
    {
        var header = Block(seed, lengthBytes, file, offset, memoryAt);
        Require(n => new WriteRecord(n, header, new PayloadMemory(memoryAt, lengthBytes), default));
        offset += header.RecordBytes;
        return header;
    }

    public DeviceStatus Get(LogRecordHeader header, long memoryAt) =>
        StatusOf(n => new ReadPayload(n, header, new PayloadMemory(memoryAt, header.PayloadBytes)));

    public HeadersRead Headers(uint file, long from = 0, int max = 100, bool resynchronise = false) =>
        (HeadersRead)Do(n => new ReadHeaders(n, LogPosition.At(file, from), max, resynchronise));

    public Span<byte> Span(long offset, int length) => _area.Span(offset, length);

    public void Fill(long offset, long length, byte value)
    {
        for (var at = 0L; at < length; at += 1 << 30)
            Span(offset + at, (int)Math.Min(1 << 30, length - at)).Fill(value);
    }

    public string PathOf(uint file) => Directory.PathOf(file);

    /// <summary>Overwrites one byte of a file by its complement.</summary>
    public void Flip(uint file, long offset)
    {
        using var handle = File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        Assert.Equal(1, RandomAccess.Read(handle, one, offset));
        one[0] ^= 0xFF;
        RandomAccess.Write(handle, one, offset);
    }

    public void Dispose()
    {
        Device.Dispose();
        Real.Dispose();
        Directory.Dispose();
        _area.Dispose();
        if (_ownsFolder)
            System.IO.Directory.Delete(Folder, recursive: true);
        Assert.Empty(_asked);
    }
}
