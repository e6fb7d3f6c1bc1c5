using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>Compares the payloads of records with the ids that they go by, in bounded memory. One thread.</summary>
public sealed class SegmentVerifier : IDisposable
{
    private const int BufferBytes = 4 << 20;

    private readonly AlignedMemory _buffer = new(BufferBytes);
    private DirectFile? _file;

    /// <summary>Reads a record's payload through. A record without payload is sound.</summary>
    /// <param name="finding">A record, as <see cref="SegmentReader"/> found it.</param>
    /// <param name="reason">In words why it is not sound; null when it is.</param>
    /// <returns>True when all bytes are there and are those of the block.</returns>
    public bool IsSound(SegmentFinding finding, out string? reason)
    {
        var header = finding.Header;
        reason = finding.Kind != SegmentFindingKind.Record ? "There is no whole record here." : null;
        if (reason is not null || header.PayloadBytes == 0)
            return reason is null;
        reason = Open(finding.Path) ?? PayloadCheck.Run(_file!, header, _buffer).Reason;
        return reason is null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _buffer.Dispose();
    }

    private string? Open(string path)
    {
        if (_file?.Path == path)
            return null;
        _file?.Dispose();
        var error = DirectFile.Open(path, DirectFileAccess.Read, null, out _file);
        return error == 0 ? null : Errno.Failure("Opening", path, error).Message;
    }
}
