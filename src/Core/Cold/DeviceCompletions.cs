using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>What the device answers to one <see cref="DeviceRequest"/>.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Status">How it went.</param>
public abstract record DeviceCompletion(long Number, DeviceStatus Status);

/// <summary>The answer to a request that gives nothing but its status.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Status">How it went.</param>
public sealed record DeviceDone(long Number, DeviceStatus Status) : DeviceCompletion(Number, Status);

/// <summary>The answer to <see cref="ReadHeaders"/>.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Status">How it went; headers read before an error are given all the same.</param>
/// <param name="Headers">
/// The headers in their order, each at its <see cref="LogRecordHeader.Place"/>, all payloads within the file. Empty rather than null.
/// </param>
/// <param name="End">Why the run stopped. Of no meaning unless the status is <see cref="DeviceStatus.Ok"/>.</param>
/// <param name="EndBytes">Offset in the file of the page at which it stopped: the one after the last record, or the one found damaged.</param>
public sealed record HeadersRead(
    long Number, DeviceStatus Status, IReadOnlyList<LogRecordHeader> Headers, HeaderRunEnd End, long EndBytes)
    : DeviceCompletion(Number, Status);

/// <summary>The answer to <see cref="ListFiles"/>.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Status">How it went.</param>
/// <param name="Files">The files in any order; empty rather than null.</param>
public sealed record FilesListed(long Number, DeviceStatus Status, IReadOnlyList<DeviceFile> Files) : DeviceCompletion(Number, Status);

/// <summary>The answer to <see cref="ReadCheckpoint"/>.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Status">How it went.</param>
/// <param name="Bytes">The content as it was found, also a torn one; empty on an error.</param>
public sealed record CheckpointRead(long Number, DeviceStatus Status, ReadOnlyMemory<byte> Bytes) : DeviceCompletion(Number, Status);

/// <summary>One aggregated file as the directory lists it.</summary>
/// <param name="File">Its number.</param>
/// <param name="LengthBytes">Its length.</param>
public readonly record struct DeviceFile(uint File, long LengthBytes);
