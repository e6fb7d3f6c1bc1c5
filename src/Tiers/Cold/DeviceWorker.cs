using Cascade.Core.Cold;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>Carries out requests one at a time, with buffers of its own. One thread.</summary>
internal sealed partial class DeviceWorker(
    ColdDirectory directory, OpenFiles files, PayloadArea payload, ColdDeviceOptions options) : IDisposable
{
    /// <summary>How much is moved at a time of what goes through a buffer. Headers and last pages of a run of records fill it.</summary>
    private const int BufferBytes = 2 * RequestQueue.RunRecordsMax * Pages.SizeBytes;

    private readonly AlignedMemory _header = new(Pages.SizeBytes);
    private readonly AlignedMemory _buffer = new(BufferBytes);
    private int _uncheckedReads;

    /// <summary>Carries out a request. Whatever the file system says becomes a status.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="fault">Why the completion's status is not <see cref="DeviceStatus.Ok"/>.</param>
    public DeviceCompletion Execute(DeviceRequest request, out DeviceFault fault)
    {
        fault = DeviceFault.None;
        switch (request)
        {
            case ReadHeaders read:
                return RunOverHeaders(read, out fault);
            case ListFiles:
                return List(request.Number, out fault);
            case ReadCheckpoint read:
                fault = CheckpointFile.Read(directory.CheckpointPath(read.Slot), _buffer, out var bytes);
                return new CheckpointRead(read.Number, fault.Status, bytes);
        }

        fault = request switch
        {
            WriteRecord { Source.File: 0 } => WriteRun([request], out _),
            WriteRecord copy => CopyRecord(copy),
            ReadPayload read => Read(read),
            VerifyPayload verify => With(verify.Header.Place.File, file => PayloadCheck.Run(file, verify.Header, _buffer)),
            Flush flush => FlushFile(flush.File),
            CreateFile create => Create(create),
            DeleteFile delete => Delete(delete.File),
            TruncateFile truncate => Truncate(truncate),
            WriteCheckpoint write => CheckpointFile.Write(directory, directory.CheckpointPath(write.Slot), write.Bytes.Span, _buffer),
            _ => throw new ArgumentException($"{request.GetType().Name} is no request that the device knows.", nameof(request)),
        };
        return new DeviceDone(request.Number, fault.Status);
    }

    /// <summary>The completion of a request that gives nothing but its status.</summary>
    public static DeviceCompletion Answer(DeviceRequest request, DeviceStatus status) => request switch
    {
        ReadHeaders read => new HeadersRead(read.Number, status, [], HeaderRunEnd.EndOfFile, read.From.OffsetBytes),
        ListFiles => new FilesListed(request.Number, status, []),
        ReadCheckpoint => new CheckpointRead(request.Number, status, default),
        _ => new DeviceDone(request.Number, status),
    };

    public void Dispose()
    {
        _header.Dispose();
        _buffer.Dispose();
    }

    private HeadersRead RunOverHeaders(ReadHeaders read, out DeviceFault fault)
    {
        HeaderRun? run = null;
        fault = With(read.From.File, file =>
        {
            run = new HeaderRun(file, read.From.File, _buffer);
            return run.Go(read.From.OffsetBytes, read.HeadersMax, read.Resynchronise);
        });
        return run is null
            ? (HeadersRead)Answer(read, fault.Status)
            : new HeadersRead(read.Number, fault.Status, run.Headers, run.End, run.EndBytes);
    }

    /// <summary>A file that somebody removed would still be flushed, and be gone with its last user: that is no durable write.</summary>
    private DeviceFault FlushFile(uint number) => With(number, file =>
    {
        var error = file.Flush();
        if (error == 0)
            error = file.GetLength(out _);
        return error != 0
            ? DeviceFault.Of(error, "Flushing", file.Path)
            : DeviceFault.Of(files.FlushName(number), "Flushing", directory.Path);
    });

    private DeviceFault Truncate(TruncateFile truncate) => With(
        truncate.File, file => DeviceFault.Of(file.SetLength(truncate.LengthBytes), "Truncating", file.Path));

    private DeviceFault With(uint number, Func<DirectFile, DeviceFault> action)
    {
        var fault = DeviceFault.Of(files.Borrow(number, out var file), "Opening", directory.PathOf(number));
        if (fault.Occurred)
            return fault;
        try
        {
            return action(file);
        }
        finally
        {
            files.Return(number);
        }
    }

    private DeviceFault Create(CreateFile create)
    {
        var path = directory.PathOf(create.File);
        var fault = DeviceFault.Of(files.Create(create.File, out var file), "Creating", path);
        if (fault.Occurred)
            return fault;
        if (options.Preallocate && create.ExpectedBytes > 0)
            fault = DeviceFault.Of(PreallocateWhereItCan(file, create.ExpectedBytes), "Preallocating", path);
        files.Return(create.File);
        if (fault.Occurred)
        {
            files.Forget(create.File);
            _ = Libc.unlink(path);
        }

        return fault;
    }

    private static int PreallocateWhereItCan(DirectFile file, long lengthBytes)
    {
        var error = file.Preallocate(lengthBytes);
        return error is Errno.EOPNOTSUPP or Errno.ENOSYS ? 0 : error;
    }

    private DeviceFault Delete(uint number)
    {
        var path = directory.PathOf(number);
        files.Forget(number);
        if (Libc.unlink(path) != 0 && Errno.Last != Errno.ENOENT)
            return DeviceFault.Of(Errno.Last, "Removing", path);
        return DeviceFault.Of(directory.Flush(), "Flushing", directory.Path);
    }

    private FilesListed List(long number, out DeviceFault fault)
    {
        fault = DeviceFault.None;
        var found = new List<DeviceFile>();
        try
        {
            foreach (var entry in new DirectoryInfo(directory.Path).EnumerateFiles())
            {
                if (ColdFileNames.TryParse(entry.Name, out var rank, out var file) && rank == directory.Rank)
                    found.Add(new DeviceFile(file, entry.Length));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var status = failure switch
            {
                UnauthorizedAccessException => DeviceStatus.AccessDenied,
                DirectoryNotFoundException => DeviceStatus.Gone,
                _ => DeviceStatus.IoError,
            };
            (fault, found) = (new DeviceFault(status, failure.Message), []);
        }

        return new FilesListed(number, fault.Status, found);
    }
}
