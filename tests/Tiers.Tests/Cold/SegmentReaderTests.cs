using Cascade.Core.Log;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class SegmentReaderTests
{
    [Fact]
    public void Records_of_all_files_are_found_in_their_order_and_verified()
    {
        using var box = new ColdSandbox();
        var written = new List<LogRecordHeader>();
        foreach (var file in new[] { 2u, 1u })
        {
            box.CreateFile(file);
            var offset = 0L;
            for (var i = 0; i < 300; i++)
                written.Add(box.Put(i, 1 + (i * 97 % 9000), file, ref offset));
        }

        File.WriteAllText(Path.Combine(box.Folder, "agg_rank003_000003.bin.bak"), "no segment");
        var found = SegmentReader.Read(box.Folder).ToList();
        Assert.Equal(written.OrderBy(h => h.Place), found.Select(f => f.Header));
        Assert.All(found, f => Assert.Equal((SegmentFindingKind.Record, 3, box.PathOf(f.Place.File)), (f.Kind, f.Rank, f.Path)));
        using var verifier = new SegmentVerifier();
        Assert.All(found, f => Assert.True(verifier.IsSound(f, out _)));
        Assert.Equal(0, PageCacheResidency.BytesOf(box.PathOf(1)));
    }

    [Fact]
    public void Damage_is_told_and_what_follows_is_found()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        LogRecordHeader[] written = [.. Enumerable.Range(0, 4).Select(i => box.Put(i, 50_000, 1, ref offset))];
        box.Flip(1, written[1].Place.OffsetBytes + 50);
        box.Flip(1, written[2].Place.OffsetBytes + 4096 + 49_999);
        using (var file = File.OpenHandle(box.PathOf(1), access: FileAccess.ReadWrite))
            RandomAccess.SetLength(file, offset - 1);

        var found = SegmentReader.Read(box.Folder).ToList();
        Assert.Equal(
            [
                (0, SegmentFindingKind.Record),
                (written[1].Place.OffsetBytes, SegmentFindingKind.Damaged),
                (written[2].Place.OffsetBytes, SegmentFindingKind.Record),
                (written[3].Place.OffsetBytes, SegmentFindingKind.Damaged),
            ],
            found.Select(f => (f.Place.OffsetBytes, f.Kind)));
        using var verifier = new SegmentVerifier();
        Assert.Equal([true, false, false, false], found.Select(f => verifier.IsSound(f, out _)));
        Assert.False(verifier.IsSound(found[2], out var reason));
        Assert.Equal($"The bytes of the record at {written[2].Place} are not those of block {written[2].Id}.", reason);
    }

    [Fact]
    public void Records_are_read_as_they_are_asked_for()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        box.CreateFile(2);
        var offset = 0L;
        var first = box.Put(1, 5000, 1, ref offset);
        using var findings = SegmentReader.Read(box.Folder).GetEnumerator();
        Assert.True(findings.MoveNext());
        Assert.Equal(first, findings.Current.Header);
        File.Delete(box.PathOf(2));
        Assert.True(findings.MoveNext());
        Assert.Equal((SegmentFindingKind.Unreadable, box.PathOf(2)), (findings.Current.Kind, findings.Current.Path));
        Assert.Contains("No such file", findings.Current.Reason, StringComparison.Ordinal);
        Assert.False(findings.MoveNext());
    }

    [Fact]
    public void Payload_longer_than_the_verifiers_buffer_is_verified_to_its_end()
    {
        using var box = new ColdSandbox(areaBytes: 16 << 20);
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(1, (9 << 20) + 5, 1, ref offset);
        var record = Assert.Single(SegmentReader.Read(box.Folder));
        using var verifier = new SegmentVerifier();
        Assert.True(verifier.IsSound(record, out var reason), reason);
        box.Flip(1, 4096 + header.PayloadBytes - 1);
        Assert.False(verifier.IsSound(record, out _));
    }

    [Fact]
    public void Directory_that_is_missing_is_an_error() =>
        Assert.ThrowsAny<IOException>(() => SegmentReader.Read("/var/tmp/cascade-cold-test-missing"));
}
