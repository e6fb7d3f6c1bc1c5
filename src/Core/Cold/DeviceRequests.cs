using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>Something that the cold tier's core asks of its block device.</summary>
/// <remarks>
/// <para>
/// The core puts requests into its outbox, addressed to <see cref="ColdPort.Device"/>. The shell carries them out, on any thread and in any
/// order, several at a time, and answers each with exactly one <see cref="DeviceCompletion"/> of the same number: always, also
/// after an error, and within a time limit of its own (then <see cref="DeviceStatus.IoError"/>). Completions may come in any order; they are
/// handed to the core one at a time, on the thread that the core belongs to. Numbers rise from 1 and are not used twice in one life
/// of a core.
/// </para>
/// <para>What the core sees to, so that the device need not:</para>
/// <list type="bullet">
/// <item>Nothing is written to, flushed, truncated or read in a file before its <see cref="CreateFile"/> completed; files found by
/// <see cref="ListFiles"/> are only read, truncated and deleted.</item>
/// <item>Ranges written at the same time never overlap, and no range of a file is written twice.</item>
/// <item>One <see cref="Flush"/>, one <see cref="CreateFile"/>, one <see cref="DeleteFile"/> and one <see cref="WriteCheckpoint"/> at most
/// are in flight.</item>
/// <item>A file is deleted only while no other request names it, and never truncated into a range that another request names.</item>
/// <item>Only what a completed flush covers is read or copied.</item>
/// <item>Memory named in a request is left alone by everybody until its completion.</item>
/// </list>
/// </remarks>
/// <param name="Number">What its completion is matched by.</param>
public abstract record DeviceRequest(long Number);

/// <summary>
/// Creates the empty file <c>agg_rank{rank:000}_{file:000000}.bin</c>. A crash before the first good <see cref="Flush"/> of it may leave no such
/// file, so that nobody waits for its name to reach the disk. Completion: <see cref="DeviceDone"/>. When a file of that name is there already: <see cref="DeviceStatus.IoError"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="File">Number of the file, from 1.</param>
/// <param name="ExpectedBytes">
/// How long the file is going to be. A device may preallocate that much, if what is not written yet reads as zeros.
/// </param>
public sealed record CreateFile(long Number, uint File, long ExpectedBytes) : DeviceRequest(Number);

/// <summary>
/// Writes one record: the encoded header, then the payload, padded to 4 KiB with bytes of any value. Completes once all of it was
/// handed to the file system; it survives a crash only when a later <see cref="Flush"/> completed. Completion: <see cref="DeviceDone"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="Header">The header; <see cref="LogRecordHeader.Place"/> says file and offset, a multiple of 4 KiB.</param>
/// <param name="Memory">The payload in memory; default when there is none or it comes from <paramref name="Source"/>.</param>
/// <param name="Source">
/// For a copy: the place of the record whose payload is to be copied, by means of the device's own. Default otherwise.
/// </param>
public sealed record WriteRecord(long Number, LogRecordHeader Header, PayloadMemory Memory, LogPosition Source) : DeviceRequest(Number);

/// <summary>
/// Flushes a file (fdatasync), the first time its name as well. When it completes <see cref="DeviceStatus.Ok"/>, exactly those writes to the file are safe whose completions
/// had reached the core when it issued the flush; of others nothing is said. After a failure the core writes them again elsewhere and
/// flushes this file no more. Completion: <see cref="DeviceDone"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="File">The file.</param>
public sealed record Flush(long Number, uint File) : DeviceRequest(Number);

/// <summary>
/// Reads the payload of a record into memory and checks it against the header's block id, unless a setting of the device says to check
/// samples only. Completion: <see cref="DeviceDone"/>; <see cref="DeviceStatus.DigestMismatch"/> when the bytes are others.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="Header">
/// The record's header as the index has it: place, block id, digest algorithm, length. The payload begins 4 KiB after the place.
/// </param>
/// <param name="Destination">Where to put it: memory as long as the payload padded to 4 KiB.</param>
public sealed record ReadPayload(long Number, LogRecordHeader Header, PayloadMemory Destination) : DeviceRequest(Number);

/// <summary>
/// Reads the payload of a record to check it against the header's block id and nothing else: always all of it, through memory of the device's
/// own. Asked in recovery for the last few records. Completion: <see cref="DeviceDone"/>, as for <see cref="ReadPayload"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="Header">The record's header.</param>
public sealed record VerifyPayload(long Number, LogRecordHeader Header) : DeviceRequest(Number);

/// <summary>
/// Reads record headers one after the other, hopping over payloads: the next is <see cref="LogRecordHeader.RecordBytes"/> further. Stops at
/// what is no header for its place. Completion: <see cref="HeadersRead"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="From">Where the first header is expected.</param>
/// <param name="HeadersMax">Most headers to give: 1 or more.</param>
/// <param name="Resynchronise">
/// True to look first, in steps of 4 KiB from <paramref name="From"/> on, for the next page that is a whole header for its place (or one of
/// an unknown version); pages of zeros are stepped over too. False to expect a header at once.
/// </param>
public sealed record ReadHeaders(long Number, LogPosition From, int HeadersMax, bool Resynchronise) : DeviceRequest(Number);

/// <summary>Lists this rank's aggregated files. Completion: <see cref="FilesListed"/>.</summary>
/// <param name="Number">What its completion is matched by.</param>
public sealed record ListFiles(long Number) : DeviceRequest(Number);

/// <summary>
/// Deletes a file. Completes once it would not come back after a crash (its directory is flushed). A file that is not there completes
/// <see cref="DeviceStatus.Ok"/>. Completion: <see cref="DeviceDone"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="File">The file.</param>
public sealed record DeleteFile(long Number, uint File) : DeviceRequest(Number);

/// <summary>
/// Cuts a file off at a length and flushes that (fsync): what lay behind never comes back. Completion: <see cref="DeviceDone"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="File">The file.</param>
/// <param name="LengthBytes">The new length, a multiple of 4 KiB and not more than the present one.</param>
public sealed record TruncateFile(long Number, uint File, long LengthBytes) : DeviceRequest(Number);

/// <summary>
/// Writes an index checkpoint over what the slot held, and flushes it with its directory. A crash meanwhile may leave the slot empty, old,
/// new or torn, but does not touch the other slot. Completion: <see cref="DeviceDone"/>.
/// </summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="Slot">0 or 1: files <c>index_rank{rank:000}_{slot}.ckpt</c>.</param>
/// <param name="Bytes">The whole content; the core does not change it afterwards.</param>
public sealed record WriteCheckpoint(long Number, int Slot, ReadOnlyMemory<byte> Bytes) : DeviceRequest(Number);

/// <summary>Reads a checkpoint slot whole. Completion: <see cref="CheckpointRead"/>; <see cref="DeviceStatus.Gone"/> when there is none.</summary>
/// <param name="Number">What its completion is matched by.</param>
/// <param name="Slot">0 or 1.</param>
public sealed record ReadCheckpoint(long Number, int Slot) : DeviceRequest(Number);
