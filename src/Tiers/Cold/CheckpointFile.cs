using Cascade.Core.Cold;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>A file that is replaced as a whole: whoever opens it finds the old or the new content, whenever the machine stops.</summary>
internal static class CheckpointFile
{
    /// <summary>Writes the content beside the file and renames it over it, flushed before and after.</summary>
    public static DeviceFault Write(ColdDirectory directory, string path, ReadOnlySpan<byte> content, AlignedMemory buffer)
    {
        var draft = path + ".new";
        if (Libc.unlink(draft) != 0 && Errno.Last != Errno.ENOENT)
            return DeviceFault.Of(Errno.Last, "Removing", draft);
        var fault = DeviceFault.Of(DirectFile.Open(draft, DirectFileAccess.Create, null, out var file), "Creating", draft);
        if (fault.Occurred)
            return fault;
        using (file)
            fault = DeviceFault.Of(Fill(file!, content, buffer), "Writing", draft);
        if (!fault.Occurred && Libc.rename(draft, path) != 0)
            fault = DeviceFault.Of(Errno.Last, "Renaming", draft);
        if (!fault.Occurred)
            return DeviceFault.Of(directory.Flush(), "Flushing", directory.Path);
        _ = Libc.unlink(draft);
        return fault;
    }

    /// <summary>Reads the whole content; empty on a fault.</summary>
    public static DeviceFault Read(string path, AlignedMemory buffer, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var fault = DeviceFault.Of(DirectFile.Open(path, DirectFileAccess.Read, null, out var file), "Opening", path);
        if (fault.Occurred)
            return fault;
        using (file)
        {
            fault = DeviceFault.Of(file!.GetLength(out var length), "Examining", path);
            if (fault.Occurred)
                return fault;
            if (length > Array.MaxLength)
                return new DeviceFault(DeviceStatus.IoError, $"{path} has {length} bytes, more than any checkpoint: remove it.");
            var bytes = new byte[length];
            var result = Read(file, bytes, buffer);
            if (!result.Succeeded)
                return DeviceFault.Of(result.Error, "Reading", path);
            content = bytes.AsMemory(0, (int)result.Bytes);
            return DeviceFault.None;
        }
    }

    private static int Fill(DirectFile file, ReadOnlySpan<byte> content, AlignedMemory buffer)
    {
        for (var done = 0; done < content.Length;)
        {
            var step = (int)Math.Min(buffer.LengthBytes, content.Length - done);
            var padded = (int)Pages.Padded(step);
            content.Slice(done, step).CopyTo(buffer.Span(0, step));
            buffer.Span(step, padded - step).Clear();
            var written = file.Write([new Libc.Iovec { iov_base = buffer.Address, iov_len = (nuint)padded }], done);
            if (!written.Succeeded)
                return written.Error;
            done += step;
        }

        return file.SetLength(content.Length);
    }

    private static TransferResult Read(DirectFile file, Span<byte> bytes, AlignedMemory buffer)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var step = (int)Math.Min(buffer.LengthBytes, bytes.Length - done);
            var read = file.Read([new Libc.Iovec { iov_base = buffer.Address, iov_len = (nuint)Pages.Padded(step) }], done);
            var found = (int)Math.Min(read.Bytes, step);
            buffer.Span(0, found).CopyTo(bytes[done..]);
            done += found;
            if (!read.Succeeded || found < step)
                return read with { Bytes = done };
        }

        return new TransferResult(0, bytes.Length);
    }
}
