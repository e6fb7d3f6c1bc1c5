using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

public sealed class ConcurrencyTests
{
    private const int SlotBytes = 256 << 10;

    [Fact]
    public async Task Writes_and_reads_side_by_side_keep_their_bytes_apart()
    {
        const int Count = 160;
        using var box = new ColdSandbox(areaBytes: 2L * Count * SlotBytes, options: new ColdDeviceOptions { Threads = 8 });
        box.CreateFile(1);
        box.CreateFile(2);
        long[] offsets = [0, 0];
        var headers = new LogRecordHeader[Count];
        for (var i = 0; i < Count; i++)
        {
            var length = 1 + (i * 7919 % SlotBytes);
            headers[i] = box.Block(i, length, (uint)(1 + (i % 2)), offsets[i % 2], (long)i * SlotBytes);
            offsets[i % 2] += headers[i].RecordBytes;
        }

        // Each block is read back as soon as it is written, while others still are.
        Task[] trips = [.. headers.Select(async (header, i) =>
        {
            var memory = new PayloadMemory((long)i * SlotBytes, header.PayloadBytes);
            var written = await box.Begin(n => new WriteRecord(n, header, memory, default));
            Assert.Equal(DeviceStatus.Ok, written.Status);
            if (i % 8 == 0)
                Assert.Equal(DeviceStatus.Ok, (await box.Begin(n => new Flush(n, header.Place.File))).Status);
            var read = await box.Begin(n => new ReadPayload(n, header, memory with { Address = (long)(Count + i) * SlotBytes }));
            Assert.Equal(DeviceStatus.Ok, read.Status);
        })];
        await Task.WhenAll(trips);
        for (var i = 0; i < Count; i++)
        {
            var length = (int)headers[i].PayloadBytes;
            Assert.True(box.Span((long)(Count + i) * SlotBytes, length).SequenceEqual(ArenaSandbox.Bytes(i, length)), $"Block {i} differs.");
            Assert.True(box.Span((long)i * SlotBytes, SlotBytes)[length..].IndexOfAnyExcept((byte)0xFF) < 0, $"Memory behind block {i} changed.");
        }

        foreach (var file in new[] { 0u, 1u })
            Assert.Equal(headers.Where((_, i) => i % 2 == file), box.Headers(file + 1, max: Count).Headers);
    }

    [Fact]
    public async Task Device_that_closes_answers_every_request_once()
    {
        const int Count = 64;
        using var box = new ColdSandbox(areaBytes: Count * SlotBytes, options: new ColdDeviceOptions { Threads = 2 });
        box.CreateFile(1);
        LogRecordHeader[] headers = [.. Enumerable.Range(0, Count)
            .Select(i => box.Block(i, SlotBytes, 1, (long)i * (SlotBytes + 4096), (long)i * SlotBytes))];
        (LogRecordHeader Header, Task<DeviceCompletion> Write)[] begun = [.. headers.Select((header, i) => (
            header, box.Begin(n => new WriteRecord(n, header, new PayloadMemory((long)i * SlotBytes, SlotBytes), default))))];
        box.Real.Dispose();
        Assert.Equal(0, box.Unanswered);
        Assert.Equal(DeviceStatus.IoError, box.StatusOf(n => new Flush(n, 1)));
        Assert.Contains("the device is closed", box.Failures.Last(), StringComparison.Ordinal);

        // What was answered well is there, whole.
        var file = await File.ReadAllBytesAsync(box.PathOf(1));
        foreach (var (header, write) in begun)
        {
            if ((await write).Status != DeviceStatus.Ok)
                continue;
            Assert.Equal(LogRecordStatus.Ok, LogRecordHeader.TryDecode(file.AsSpan((int)header.Place.OffsetBytes), out var found));
            Assert.Equal(header, found);
            Assert.Equal(header.Id, ArenaSandbox.Id(file.AsSpan((int)header.Place.OffsetBytes + 4096, SlotBytes)));
        }
    }

    [Fact]
    public async Task Requests_beyond_the_queue_and_those_that_wait_too_long_are_refused()
    {
        var options = new ColdDeviceOptions { Threads = 1, QueueMax = 3, QueueTimeout = TimeSpan.FromSeconds(30) };
        using var box = new ColdSandbox(options: options);
        using var entered = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var answer = box.OnCompletion;
        box.OnCompletion = completion =>
        {
            if (completion.Number == 1)
            {
                entered.Set();
                goOn.Wait(ColdSandbox.Patience);
            }

            answer(completion);
        };
        var first = box.Begin(n => new ListFiles(n));
        Assert.True(entered.Wait(ColdSandbox.Patience));
        Task<DeviceCompletion>[] waiting = [box.Begin(n => new ListFiles(n)), box.Begin(n => new ReadCheckpoint(n, 0))];
        box.Time.Advance(TimeSpan.FromSeconds(20));
        var later = box.Begin(n => new CreateFile(n, 1, 0));
        Assert.Equal(DeviceStatus.IoError, box.StatusOf(n => new Flush(n, 1)));
        Assert.Contains("3 requests are waiting already", Assert.Single(box.Failures), StringComparison.Ordinal);

        box.Time.Advance(TimeSpan.FromSeconds(10));
        box.Real.AnswerExpired();
        Assert.Equal(DeviceStatus.IoError, Assert.IsType<FilesListed>(await waiting[0]).Status);
        Assert.Equal(DeviceStatus.IoError, Assert.IsType<CheckpointRead>(await waiting[1]).Status);
        Assert.Contains("no thread was free for 30 s", box.Failures.Last(), StringComparison.Ordinal);
        Assert.False(later.IsCompleted);
        goOn.Set();
        Assert.Equal(DeviceStatus.Ok, (await first).Status);
        Assert.Equal(DeviceStatus.Ok, (await later).Status);
    }

    [Fact]
    public void Request_that_makes_a_thread_throw_leaves_it_alive()
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { Threads = 1 });
        box.CreateFile(1);
        var contradiction = box.Block(1, 5000, 1, 0) with { Kind = (LogRecordKind)9 };
        Assert.Equal(DeviceStatus.IoError, box.StatusOf(n => new WriteRecord(n, contradiction, new PayloadMemory(0, 5000), default)));
        Assert.Contains("could not be read back", Assert.Single(box.Failures), StringComparison.Ordinal);
        box.Require(n => new Flush(n, 1));
    }
}
