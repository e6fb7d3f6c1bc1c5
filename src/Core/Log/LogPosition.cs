namespace Cascade.Core.Log;

/// <summary>A place in the log of one rank: a file and a 4 KiB page in it. Ordered as the log was written; files count from 1.</summary>
/// <param name="File">Number of the aggregated file; 0 in the default value, which is no place.</param>
/// <param name="Page">Number of the 4 KiB page in the file.</param>
public readonly record struct LogPosition(uint File, uint Page) : IComparable<LogPosition>
{
    /// <summary>The place of a byte offset that is a multiple of 4 KiB.</summary>
    /// <exception cref="ArgumentException">The offset is not a multiple of 4 KiB, negative, or beyond 16 TiB.</exception>
    public static LogPosition At(uint file, long offsetBytes)
    {
        if (offsetBytes % LogRecordHeader.SizeBytes != 0 || (ulong)offsetBytes / LogRecordHeader.SizeBytes > uint.MaxValue)
            throw new ArgumentException(
                $"Records begin at multiples of {LogRecordHeader.SizeBytes} bytes below 16 TiB; {offsetBytes} is none.", nameof(offsetBytes));
        return new LogPosition(file, (uint)(offsetBytes / LogRecordHeader.SizeBytes));
    }

    /// <summary>Byte offset in the file.</summary>
    public long OffsetBytes => (long)Page * LogRecordHeader.SizeBytes;

    /// <summary>File and page in one number that sorts as the positions do; what is stored.</summary>
    public ulong Value => ((ulong)File << 32) | Page;

    /// <summary>Takes a position from its stored number.</summary>
    public static LogPosition FromValue(ulong value) => new((uint)(value >> 32), (uint)value);

    /// <inheritdoc/>
    public int CompareTo(LogPosition other) => Value.CompareTo(other.Value);

    /// <summary>File and byte offset, such as <c>3:8192</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{OffsetBytes}");

    /// <summary>Earlier in the log.</summary>
    public static bool operator <(LogPosition left, LogPosition right) => left.Value < right.Value;

    /// <summary>Later in the log.</summary>
    public static bool operator >(LogPosition left, LogPosition right) => left.Value > right.Value;

    /// <summary>Not later in the log.</summary>
    public static bool operator <=(LogPosition left, LogPosition right) => left.Value <= right.Value;

    /// <summary>Not earlier in the log.</summary>
    public static bool operator >=(LogPosition left, LogPosition right) => left.Value >= right.Value;
}
