using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class RequestQueueTests
{
    private const long Record = 2 * LogRecordHeader.SizeBytes;

    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    [Fact]
    public void Writes_that_adjoin_leave_as_one_run_and_others_apart()
    {
        var queue = new RequestQueue(100);
        Add(queue, Write(1, file: 1, at: 0), Write(2, file: 1, at: 1), Write(3, file: 1, at: 3), Write(4, file: 2, at: 4), Write(5, file: 2, at: 5));
        Assert.Equal([1, 2], Take(queue));
        Assert.Equal([3], Take(queue));
        queue.EndRun();
        Assert.Equal([4, 5], Take(queue));
    }

    [Fact]
    public void Third_short_run_waits_for_one_to_end_while_other_requests_pass()
    {
        var queue = new RequestQueue(100);
        Add(queue, Write(1, 1, 0), Write(2, 1, 5), Write(3, 1, 7), new Flush(4, 1), Write(5, 1, 8));
        Assert.Equal([1], Take(queue));
        Assert.Equal([2], Take(queue));
        Assert.Equal([4], Take(queue));
        queue.EndRun();
        Assert.Equal([3, 5], Take(queue));
    }

    [Fact]
    public void Long_runs_are_begun_side_by_side()
    {
        const long Long = 16 << 20;
        var queue = new RequestQueue(100);
        for (var i = 0; i < 4; i++)
            Add(queue, new WriteRecord(i, Header(1, i * (Long + LogRecordHeader.SizeBytes), Long), default, default));
        for (var i = 0; i < 4; i++)
            Assert.Equal([i], Take(queue));
    }

    [Fact]
    public void Run_takes_no_more_records_than_fit_the_buffer_of_a_worker()
    {
        var queue = new RequestQueue(1000);
        for (var i = 0; i < RequestQueue.RunRecordsMax + 1; i++)
            Add(queue, Write(i, 1, i));
        Assert.Equal(RequestQueue.RunRecordsMax, Take(queue).Length);
        Assert.Single(Take(queue));
    }

    [Fact]
    public void Copies_within_the_log_and_requests_of_other_kinds_leave_one_by_one_in_their_order()
    {
        var queue = new RequestQueue(100);
        Add(queue, new Flush(1, 1), Copy(2, at: 0), Copy(3, at: 1), new ListFiles(4));
        for (var i = 1; i <= 4; i++)
            Assert.Equal([i], Take(queue));
    }

    [Fact]
    public void Full_and_closed_queue_takes_nothing_in()
    {
        var queue = new RequestQueue(2);
        Add(queue, Write(1, 1, 0), new Flush(2, 1));
        Assert.False(queue.TryAdd(new Flush(3, 1), Later));
        Assert.Equal(2, queue.Close().Count);
        Assert.False(queue.TryAdd(new Flush(4, 1), Later));
        Assert.False(queue.Take([]));
    }

    [Fact]
    public void Requests_that_waited_too_long_are_given_out_to_be_refused()
    {
        var queue = new RequestQueue(10);
        Assert.True(queue.TryAdd(Write(1, 1, 0), TimeSpan.FromSeconds(1)));
        Assert.True(queue.TryAdd(new Flush(2, 1), TimeSpan.FromSeconds(2)));
        Assert.False(queue.TryTakeExpired(TimeSpan.FromSeconds(0.5), out _));
        Assert.True(queue.TryTakeExpired(TimeSpan.FromSeconds(1), out var write));
        Assert.Equal(1, write!.Number);
        Assert.True(queue.TryTakeExpired(TimeSpan.FromSeconds(2), out var flush));
        Assert.Equal(2, flush!.Number);
        Assert.False(queue.TryTakeExpired(Later, out _));
    }

    private static void Add(RequestQueue queue, params DeviceRequest[] requests)
    {
        foreach (var request in requests)
            Assert.True(queue.TryAdd(request, Later));
    }

    private static long[] Take(RequestQueue queue)
    {
        var taken = new List<DeviceRequest>();
        Assert.True(queue.Take(taken));
        return [.. taken.Select(request => request.Number)];
    }

    private static WriteRecord Write(long number, uint file, long at) => new(number, Header(file, at * Record, 100), default, default);

    private static WriteRecord Copy(long number, long at) => new(number, Header(1, at * Record, 100), default, LogPosition.At(9, 0));

    private static LogRecordHeader Header(uint file, long offset, long payload) =>
        new(LogRecordKind.Block, default, payload, default, DigestAlgorithm.Blake3) { Place = LogPosition.At(file, offset) };
}
