using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Log;
using Cascade.Simulation.Plan;
using Cascade.Tiers.Cold;

namespace Cascade.Simulation.World;

/// <summary>The block device of one life of a node, over its machine's disk: requests take a while, pass each other, and fail now and then.</summary>
internal sealed class SimDevice(SimWorld world, SimDisk disk, DiskConfig config, PayloadArea area, CompletionInbox inbox) : IColdDevice
{
    private readonly List<DeviceRequest> _open = [];
    private readonly HashSet<long> _delivered = [];
    private readonly Dictionary<long, HashSet<long>> _covered = [];
    private bool _isOver;

    public void Submit(DeviceRequest request)
    {
        _open.Add(request);
        if (request is Flush)
            _covered[request.Number] = [.. _delivered];
        world.After(TimeSpan.FromMicroseconds(50) + (config.DelayMax * world.Random.NextDouble()), () =>
        {
            if (_isOver)
                return;
            _open.Remove(request);
            var completion = Carry(request);
            _delivered.Add(request.Number);
            inbox.Add(completion, completion.Status == DeviceStatus.Ok ? null : $"the disk of the simulator says {completion.Status}");
        });
    }

    /// <summary>The node died: of what was asked for, some was done in part.</summary>
    public void Stop()
    {
        if (_isOver)
            return;
        _isOver = true;
        foreach (var request in _open)
        {
            if (world.Random.Next(2) == 0)
                continue;
            if (request is WriteRecord write)
                Write(write, world.Random.Next(PagesOf(write.Header) + 1));
            else if (request is WriteCheckpoint checkpoint)
                disk.Checkpoints[checkpoint.Slot] = checkpoint.Bytes[..world.Random.Next(checkpoint.Bytes.Length)].ToArray();
            else if (request is CreateFile or DeleteFile or TruncateFile)
                Carry(request);
        }
    }

    public void Dispose() => Stop();

    private static int PagesOf(in LogRecordHeader header) => (int)(header.RecordBytes / SimDisk.Page);

    private bool Fails(double share) => disk.IsBroken || (world.HasFaults && share > 0 && world.Random.NextDouble() < share);

    private DeviceCompletion Carry(DeviceRequest request)
    {
        switch (request)
        {
            case ListFiles:
                return new FilesListed(request.Number, DeviceStatus.Ok, [.. disk.Files.Select(static file => new DeviceFile(file.Key, file.Value.LengthBytes))]);
            case ReadHeaders read:
                return RunOver(read);
            case ReadCheckpoint read:
                return disk.Checkpoints[read.Slot] is { } bytes
                    ? new CheckpointRead(read.Number, DeviceStatus.Ok, bytes)
                    : new CheckpointRead(read.Number, DeviceStatus.Gone, default);
            default:
                return new DeviceDone(request.Number, Do(request));
        }
    }

    private DeviceStatus Do(DeviceRequest request)
    {
        switch (request)
        {
            case DeleteFile delete:
                disk.Files.Remove(delete.File);
                return DeviceStatus.Ok;
            case TruncateFile truncate when disk.Files.TryGetValue(truncate.File, out var file):
                file.Truncate(truncate.LengthBytes / SimDisk.Page);
                return DeviceStatus.Ok;
            case CreateFile when Fails(config.WriteError):
                return DeviceStatus.IoError;
            case CreateFile or WriteRecord or WriteCheckpoint when disk.IsFull:
                return DeviceStatus.NoSpace;
            case CreateFile create:
                return disk.Files.TryAdd(create.File, new SimFile()) ? DeviceStatus.Ok : DeviceStatus.IoError;
            case WriteCheckpoint checkpoint:
                disk.Checkpoints[checkpoint.Slot] = checkpoint.Bytes.ToArray();
                return DeviceStatus.Ok;
            case WriteRecord write:
                var isFailing = Fails(config.WriteError);
                var status = Write(write, isFailing ? world.Random.Next(PagesOf(write.Header)) : PagesOf(write.Header));
                return isFailing ? DeviceStatus.IoError : status;
            case Flush flush when Fails(config.FlushError):
                return DeviceStatus.IoError;
            case Flush flush:
                if (!disk.Files.TryGetValue(flush.File, out var flushed))
                    return DeviceStatus.Gone;
                _covered.Remove(flush.Number, out var writes);
                flushed.Flush(writes!);
                return DeviceStatus.Ok;
            case ReadPayload read:
                return Fails(config.ReadError) ? DeviceStatus.IoError : Read(read.Header, AddressOf(read.Destination));
            case VerifyPayload verify:
                return Read(verify.Header, into: 0);
            default:
                return DeviceStatus.Gone;
        }
    }

    private nint AddressOf(PayloadMemory memory) => area.Address + (nint)memory.Address;

    private unsafe DeviceStatus Write(WriteRecord write, int pages)
    {
        if (!disk.Files.TryGetValue(write.Header.Place.File, out var file))
            return DeviceStatus.Gone;
        for (var page = 0; page < pages; page++)
        {
            var content = new byte[SimDisk.Page];
            if (page == 0)
                write.Header.Encode(content);
            else if (write.Source.File != 0 && (!disk.Files.TryGetValue(write.Source.File, out var source) || source[write.Source.Page + page] is not { } copied))
                return DeviceStatus.SourceFailed;
            else if (write.Source.File != 0)
                disk.Files[write.Source.File][write.Source.Page + page]!.CopyTo(content, 0);
            else
                new ReadOnlySpan<byte>((void*)(AddressOf(write.Memory) + ((page - 1) * SimDisk.Page)), SimDisk.Page).CopyTo(content);
            file.Write(write.Header.Place.Page + page, content, write.Number);
        }

        return DeviceStatus.Ok;
    }

    private unsafe DeviceStatus Read(in LogRecordHeader header, nint into)
    {
        if (!disk.Files.TryGetValue(header.Place.File, out var file) || file.LengthBytes < header.Place.OffsetBytes + header.RecordBytes)
            return DeviceStatus.Gone;
        var bytes = new byte[header.RecordBytes - SimDisk.Page];
        for (var page = 1; page < PagesOf(header); page++)
            file[header.Place.Page + page]?.CopyTo(bytes, (page - 1) * SimDisk.Page);
        if (into != 0)
            bytes.CopyTo(new Span<byte>((void*)into, bytes.Length));
        var isRight = header.PayloadBytes == 0 || BlockDigest.Compute(header.Algorithm, bytes.AsSpan(0, (int)header.PayloadBytes)) == header.Id;
        return isRight ? DeviceStatus.Ok : DeviceStatus.DigestMismatch;
    }

    private HeadersRead RunOver(ReadHeaders read)
    {
        if (!disk.Files.TryGetValue(read.From.File, out var file))
            return new HeadersRead(read.Number, DeviceStatus.Gone, [], HeaderRunEnd.EndOfFile, 0);
        var found = new List<LogRecordHeader>();
        long page = read.From.Page;
        while (read.Resynchronise && page < file.Pages && !IsHeader(file, read.From.File, page, out _))
            page++;
        var end = HeaderRunEnd.Full;
        while (found.Count < read.HeadersMax)
        {
            if (file[page] is not { } content || !content.AsSpan().ContainsAnyExcept((byte)0))
                end = HeaderRunEnd.EndOfFile;
            else if (!IsHeader(file, read.From.File, page, out var header))
                end = HeaderRunEnd.Damaged;
            else
                found.Add(header);
            if (end != HeaderRunEnd.Full)
                break;
            page += PagesOf(found[^1]);
        }

        return new HeadersRead(read.Number, DeviceStatus.Ok, found, end, page * SimDisk.Page);
    }

    private static bool IsHeader(SimFile file, uint number, long page, out LogRecordHeader header)
    {
        header = default;
        return file[page] is { } content && LogRecordHeader.TryDecode(content, out header) == LogRecordStatus.Ok
            && header.Place == new LogPosition(number, (uint)page) && (page * SimDisk.Page) + header.RecordBytes <= file.LengthBytes;
    }
}
