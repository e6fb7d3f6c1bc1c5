using Cascade.Core.Cold;
using Cascade.Core.Log;

namespace Cascade.Tiers.Cold;

/// <summary>Walks through the aggregated files of a directory, of all ranks, without a lock: also beside the node that writes them.</summary>
public static class SegmentReader
{
    private const int BufferBytes = 1 << 20;
    private const int HeadersPerRun = 256;

    /// <summary>
    /// The records of all files, by rank, file and place. Read as they are asked for; payloads are hopped over. What a node has in flight
    /// meanwhile may show as damaged.
    /// </summary>
    /// <exception cref="IOException">The directory cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
    public static IEnumerable<SegmentFinding> Read(string directory)
    {
        var files = new List<(int Rank, uint Number, string Path)>();
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (ColdFileNames.TryParse(Path.GetFileName(path), out var rank, out var number))
                files.Add((rank, number, path));
        }

        return files.Order().SelectMany(file => ReadFile(file.Path, file.Rank, file.Number));
    }

    private static IEnumerable<SegmentFinding> ReadFile(string path, int rank, uint number)
    {
        var fault = DeviceFault.Of(DirectFile.Open(path, DirectFileAccess.Read, null, out var file), "Opening", path);
        if (fault.Occurred)
        {
            yield return Finding(0, SegmentFindingKind.Unreadable, default, fault.Reason);
            yield break;
        }

        using (file)
        {
            using var buffer = new AlignedMemory(BufferBytes);
            var run = new HeaderRun(file!, number, buffer);
            for (var (from, resynchronise) = (0L, false); ; from = run.EndBytes)
            {
                fault = run.Go(from, HeadersPerRun, resynchronise);
                foreach (var header in run.Headers)
                    yield return Finding(header.Place.OffsetBytes, SegmentFindingKind.Record, header, null);
                if (fault.Occurred)
                {
                    yield return Finding(run.EndBytes, SegmentFindingKind.Unreadable, default, fault.Reason);
                    yield break;
                }

                if (run.End == HeaderRunEnd.EndOfFile)
                    yield break;
                resynchronise = run.End != HeaderRunEnd.Full;
                if (resynchronise)
                {
                    var kind = run.End == HeaderRunEnd.Damaged ? SegmentFindingKind.Damaged : SegmentFindingKind.UnknownVersion;
                    yield return Finding(run.EndBytes, kind, default, null);
                    run.StepOver();
                }
            }
        }

        SegmentFinding Finding(long offset, SegmentFindingKind kind, LogRecordHeader header, string? reason) =>
            new(path, rank, LogPosition.At(number, offset), kind, header, reason);
    }
}
