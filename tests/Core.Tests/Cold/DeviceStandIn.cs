using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Core.Tests.Cold;

/// <summary>How often the stand-in fails, in thousandths of the requests of a kind.</summary>
internal sealed record DeviceFaults
{
    public static readonly DeviceFaults None = new();

    public int WriteError { get; init; }

    public int FlushError { get; init; }

    public int ReadError { get; init; }

    public int OtherError { get; init; }

    public long SpaceBytes { get; set; } = long.MaxValue;
}

/// <summary>
/// Stands in for the block device and its disk, which cannot be had in Core's tests: carries requests out in an order drawn from a seed,
/// loses and tears what was not flushed in a crash, and fails as it is told. Payload bytes are represented by the id of their block.
/// </summary>
internal sealed class DeviceStandIn(Random random)
{
    private const int Page = LogRecordHeader.SizeBytes;

    private readonly List<DeviceRequest> _open = [];
    private readonly List<DeviceCompletion> _done = [];
    private readonly HashSet<long> _delivered = [];
    private readonly Dictionary<long, HashSet<long>> _flushCovers = [];

    public SortedDictionary<uint, DiskFile> Files { get; } = [];

    /// <summary>Files of which there are headers alone: each a full row of records.</summary>
    public SortedDictionary<uint, List<LogRecordHeader>> Synthetic { get; } = [];

    public byte[]?[] Checkpoints { get; } = new byte[2][];

    /// <summary>What memory holds, by address. Memory that was given back holds nothing any more.</summary>
    public Dictionary<long, BlockId> Memory { get; } = [];

    public DeviceFaults Faults { get; set; } = DeviceFaults.None;

    public long UsedBytes => Files.Values.Sum(file => file.LengthBytes);

    public bool IsIdle => _open.Count == 0 && _done.Count == 0;

    public int HeadersRead { get; private set; }

    public Dictionary<BlockId, int> Reads { get; } = [];

    public IReadOnlyList<DeviceRequest> Open => _open;

    public void Take(DeviceRequest request)
    {
        CheckPromises(request);
        if (request is Flush)
            _flushCovers[request.Number] = [.. _delivered];
        _open.Add(request);
    }

    /// <summary>Carries out one request or hands back one completion; null when nothing came back.</summary>
    public DeviceCompletion? Step(bool inOrder = false)
    {
        if (_done.Count > 0 && (inOrder || _open.Count == 0 || random.Next(2) == 0))
        {
            var at = inOrder ? 0 : random.Next(_done.Count);
            var completion = _done[at];
            _done.RemoveAt(at);
            _delivered.Add(completion.Number);
            return completion;
        }

        if (_open.Count > 0)
        {
            var at = inOrder ? 0 : random.Next(_open.Count);
            var request = _open[at];
            _open.RemoveAt(at);
            _done.Add(Carry(request));
        }

        return null;
    }

    /// <summary>Carries out the first open request that fits, or fails it with a status; null when none does.</summary>
    public DeviceCompletion? Complete(string what, DeviceStatus? status)
    {
        var words = what.Split(' ');
        var at = _open.FindIndex(o => o.GetType().Name == words[0]
            && (words.Length == 1 || (o is WriteRecord m && ColdNames.Number(m.Header.Id) == int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture))));
        if (at < 0)
            return null;
        var request = _open[at];
        _open.RemoveAt(at);
        _delivered.Add(request.Number);
        return status is not { } failure ? Carry(request)
            : request is ListFiles ? new FilesListed(request.Number, failure, []) : new DeviceDone(request.Number, failure);
    }

    /// <summary>The machine stops: what was asked and not done may be done in part, what was not flushed may be lost or torn.</summary>
    public void Crash()
    {
        foreach (var request in _open)
        {
            switch (request)
            {
                case WriteRecord m when random.Next(2) == 0: WriteRecord(m, random.Next(Pages(m) + 1)); break;
                case DeleteFile m when random.Next(2) == 0: Files.Remove(m.File); break;
                case CreateFile m when random.Next(2) == 0: Files.TryAdd(m.File, new DiskFile()); break;
                case TruncateFile m when random.Next(2) == 0: Files[m.File].Truncate(m.LengthBytes / Page); break;
                case WriteCheckpoint m: Checkpoints[m.Slot] = random.Next(3) switch { 0 => null, 1 => m.Bytes.ToArray(), _ => m.Bytes[..random.Next(m.Bytes.Length)].ToArray() }; break;
            }
        }

        foreach (var lost in Files.Where(file => !file.Value.Crash(random)).ToList())
            Files.Remove(lost.Key);

        _open.Clear();
        _done.Clear();
        _delivered.Clear();
        _flushCovers.Clear();
        Memory.Clear();
    }

    private static int Pages(WriteRecord m) => (int)(m.Header.RecordBytes / Page);

    private bool Fails(int thousandths) => thousandths > 0 && random.Next(1000) < thousandths;

    private DeviceCompletion Carry(DeviceRequest request)
    {
        switch (request)
        {
            case CreateFile m:
                if (Fails(Faults.OtherError))
                    return new DeviceDone(m.Number, DeviceStatus.AccessDenied);
                if (UsedBytes >= Faults.SpaceBytes)
                    return new DeviceDone(m.Number, DeviceStatus.NoSpace);
                Files.Add(m.File, new DiskFile());
                return new DeviceDone(m.Number, DeviceStatus.Ok);
            case WriteRecord m: return new DeviceDone(m.Number, CarryWrite(m));
            case Flush m: return new DeviceDone(m.Number, CarryFlush(m));
            case ReadPayload m: return new DeviceDone(m.Number, CarryRead(m));
            case VerifyPayload m when Synthetic.ContainsKey(m.Header.Place.File): return new DeviceDone(m.Number, DeviceStatus.Ok);
            case VerifyPayload m: return new DeviceDone(m.Number, ReadBlock(m.Header.Place, m.Header));
            case ReadHeaders m: return CarryHeaders(m);
            case ListFiles m: return new FilesListed(m.Number, DeviceStatus.Ok, [.. Synthetic.Select(f => new DeviceFile(f.Key, SyntheticEnd(f.Value))), .. Files.Select(f => new DeviceFile(f.Key, f.Value.LengthBytes))]);
            case DeleteFile m:
                if (Fails(Faults.OtherError))
                    return new DeviceDone(m.Number, DeviceStatus.IoError);
                Files.Remove(m.File);
                return new DeviceDone(m.Number, DeviceStatus.Ok);
            case TruncateFile m:
                if (!Files.TryGetValue(m.File, out var file))
                    return new DeviceDone(m.Number, DeviceStatus.Gone);
                if (Fails(Faults.OtherError))
                    return new DeviceDone(m.Number, DeviceStatus.IoError);
                file.Truncate(m.LengthBytes / Page);
                return new DeviceDone(m.Number, DeviceStatus.Ok);
            case WriteCheckpoint m:
                Checkpoints[m.Slot] = m.Bytes.ToArray();
                return new DeviceDone(m.Number, DeviceStatus.Ok);
            case ReadCheckpoint m:
                return Checkpoints[m.Slot] is { } bytes
                    ? new CheckpointRead(m.Number, DeviceStatus.Ok, bytes)
                    : new CheckpointRead(m.Number, DeviceStatus.Gone, default);
            default: throw new NotSupportedException(request.ToString());
        }
    }

    private DeviceStatus CarryWrite(WriteRecord m)
    {
        if (!Files.ContainsKey(m.Header.Place.File))
            return DeviceStatus.Gone;
        if (m.Source != default && ReadBlock(m.Source, m.Header) is var status && status != DeviceStatus.Ok)
            return DeviceStatus.SourceFailed;
        if (UsedBytes + m.Header.RecordBytes > Faults.SpaceBytes)
        {
            WriteRecord(m, random.Next(Pages(m)));
            return DeviceStatus.NoSpace;
        }

        var isFailing = Fails(Faults.WriteError);
        WriteRecord(m, isFailing ? random.Next(Pages(m)) : Pages(m));
        return isFailing ? DeviceStatus.IoError : DeviceStatus.Ok;
    }

    private void WriteRecord(WriteRecord m, int pages)
    {
        if (!Files.TryGetValue(m.Header.Place.File, out var file))
            return;
        // Payload before header now and then: a torn record may have either.
        foreach (var page in Enumerable.Range(0, Pages(m)).OrderBy(_ => random.Next()).Take(pages).ToList())
        {
            var payload = m.Source != default ? m.Header.Id : Memory.GetValueOrDefault(m.Memory.Address);
            file.Write(m.Header.Place.Page + page, page == 0 ? new DiskPage(m.Header, default, 0, false) : new DiskPage(null, payload, page, false), m.Number);
        }
    }

    private DeviceStatus CarryFlush(Flush m)
    {
        if (!Files.TryGetValue(m.File, out var file))
            return DeviceStatus.Ok;
        var covers = _flushCovers[m.Number];
        if (!Fails(Faults.FlushError))
        {
            file.Unsynced.RemoveAll(u => covers.Contains(u.Write));
            file.IsNamed = true;
            return DeviceStatus.Ok;
        }

        // The page cache drops what it could not write and reports it once.
        foreach (var unsynced in file.Unsynced.Where(_ => random.Next(2) == 0))
            file[unsynced.Page] = unsynced.Before;
        return DeviceStatus.IoError;
    }

    private DeviceStatus CarryRead(ReadPayload m)
    {
        if (Fails(Faults.ReadError))
            return DeviceStatus.IoError;
        var status = ReadBlock(m.Header.Place, m.Header);
        if (status != DeviceStatus.Ok)
            return status;
        Reads[m.Header.Id] = Reads.GetValueOrDefault(m.Header.Id) + 1;
        Memory[m.Destination.Address] = m.Header.Id;
        return DeviceStatus.Ok;
    }

    private DeviceStatus ReadBlock(LogPosition place, in LogRecordHeader header)
    {
        if (!Files.TryGetValue(place.File, out var file) || file.LengthBytes < place.OffsetBytes + header.RecordBytes)
            return DeviceStatus.Gone;
        for (var page = 1; page < header.RecordBytes / Page; page++)
        {
            if (file[place.Page + page] != new DiskPage(null, header.Id, page, false))
                return DeviceStatus.DigestMismatch;
        }

        return DeviceStatus.Ok;
    }

    private static long SyntheticEnd(List<LogRecordHeader> headers) => headers[^1].Place.OffsetBytes + headers[^1].RecordBytes;

    private HeadersRead CarryHeaders(ReadHeaders m)
    {
        if (Synthetic.TryGetValue(m.From.File, out var headers))
            return new HeadersRead(m.Number, DeviceStatus.Ok, headers, HeaderRunEnd.EndOfFile, SyntheticEnd(headers));
        if (!Files.TryGetValue(m.From.File, out var file))
            return new HeadersRead(m.Number, DeviceStatus.Gone, [], HeaderRunEnd.EndOfFile, 0);
        var found = new List<LogRecordHeader>();
        long page = m.From.Page;
        if (m.Resynchronise)
        {
            while (page < file.Pages && !IsHeader(file, m.From.File, page))
                page++;
        }

        while (found.Count < m.HeadersMax)
        {
            if (page >= file.Pages || file[page].IsZero)
                return new HeadersRead(m.Number, DeviceStatus.Ok, found, HeaderRunEnd.EndOfFile, page * Page);
            if (!IsHeader(file, m.From.File, page))
                return new HeadersRead(m.Number, DeviceStatus.Ok, found, HeaderRunEnd.Damaged, page * Page);
            found.Add(file[page].Header!.Value);
            HeadersRead++;
            page += found[^1].RecordBytes / Page;
        }

        return new HeadersRead(m.Number, DeviceStatus.Ok, found, HeaderRunEnd.Full, page * Page);
    }

    private static bool IsHeader(DiskFile file, uint number, long page) =>
        file[page].Header is { } header && header.Place == new LogPosition(number, (uint)page)
        && (page * Page) + header.RecordBytes <= file.LengthBytes;

    /// <summary>What the core promises its device.</summary>
    private void CheckPromises(DeviceRequest request)
    {
        Assert.DoesNotContain(_open, o => o.Number == request.Number);
        if (request is CreateFile or Flush or DeleteFile or WriteCheckpoint)
            Assert.DoesNotContain(_open, o => o.GetType() == request.GetType());
        if (request is DeleteFile delete)
            Assert.DoesNotContain(_open, o => Names(o, delete.File));
        if (request is ReadPayload read && Files.TryGetValue(read.Header.Place.File, out var file))
            Assert.DoesNotContain(file.Unsynced, u => u.Page >= read.Header.Place.Page && u.Page < read.Header.Place.Page + (read.Header.RecordBytes / Page));
    }

    private static bool Names(DeviceRequest request, uint file) => request switch
    {
        WriteRecord m => m.Header.Place.File == file || m.Source.File == file,
        Flush m => m.File == file,
        ReadPayload m => m.Header.Place.File == file,
        TruncateFile m => m.File == file,
        _ => false,
    };
}
