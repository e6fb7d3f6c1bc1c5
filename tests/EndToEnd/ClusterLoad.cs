using System.Collections.Concurrent;
using System.Globalization;
using Cascade.Hosting;

namespace Cascade.EndToEnd;

/// <summary>
/// Puts and gets that go on while nodes fail: every put asks for two copies, every hit is compared byte by byte, and what went otherwise than promised is
/// kept. Blocks have the numbers from 0 on; number 0 is read more than all others together.
/// </summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    /// <summary>How long each call may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>What a busy machine may add to that.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly PutOptions Twice = new() { Acknowledgement = Acknowledgement.Replicated(2), Deadline = Deadline };
    private static readonly GetOptions InTime = new() { Deadline = Deadline };

    /// <summary>Blocks of the load: with two copies of each, what two nodes of 32 MiB hold with room to spare.</summary>
    private const int BlocksMax = 200;

    private const int Workers = 4;
    private const int GetsAPut = 4;

    private readonly ICascade _cache;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly ConcurrentDictionary<int, bool> _acknowledged = [];
    private readonly Task _running;
    private int _next;
    private int _calls;
    private int _gets;

    public ClusterLoad(ICascade cache)
    {
        _cache = cache;
        _running = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(new Random(worker)))));
    }

    /// <summary>Numbers of the blocks whose puts were acknowledged.</summary>
    public IEnumerable<int> Acknowledged => _acknowledged.Keys;

    /// <summary>Calls that broke a promise whatever happened to the nodes: wrong bytes, too late, an error that no caller knows.</summary>
    public ConcurrentQueue<string> Broken { get; } = new();

    /// <summary>Gets of acknowledged blocks that did not get them, in words.</summary>
    public ConcurrentQueue<string> Missed { get; } = new();

    /// <summary>Puts that were not acknowledged, and why.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    /// <summary>Waits until so many further calls have ended.</summary>
    public Task CallsAsync(int more)
    {
        var until = Volatile.Read(ref _calls) + more;
        return Until.TrueAsync(() => Volatile.Read(ref _calls) >= until || _running.IsFaulted, () => $"The load stands still after {_calls} calls: {Complaints()}");
    }

    /// <summary>Ends the load and asserts that it broke no promise and missed no block that was acknowledged.</summary>
    /// <param name="mayMiss">Whether blocks may have been missed for a while.</param>
    public async Task StopAsync(bool mayMiss = false)
    {
        await _stop.CancelAsync();
        await _running;
        Assert.True(Broken.IsEmpty && (mayMiss || Missed.IsEmpty), Complaints());
        Assert.True(_gets > 0 && !_acknowledged.IsEmpty, "There was no load.");
    }

    /// <summary>Puts a block by the client; null when it was acknowledged, else why not.</summary>
    public Task<string?> PutAsync(int number, PutOptions options) => TimedAsync($"put {number}", async () =>
    {
        var put = await _cache.PutAsync(TestBlock.Key(number), TestBlock.Bytes(number), options);
        return put.IsReadable ? null : $"{put.Status}: {put.Reason}";
    });

    /// <summary>Gets a block; null when its bytes came, else why not.</summary>
    public Task<string?> GetAsync(int number) => TimedAsync($"get {number}", async () =>
    {
        using var got = await _cache.GetAsync(TestBlock.Key(number), InTime);
        if (!got.IsHit)
            return $"miss: {got.MissReason ?? "not here"}";
        if (!got.Lease.Span.SequenceEqual(TestBlock.Bytes(number)))
            Broken.Enqueue($"get {number}: wrong bytes");
        return null;
    });

    /// <summary>All that was not as it should be, for a person.</summary>
    public string Complaints() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_calls} calls, {_acknowledged.Count} acknowledged.\nBroken:\n{Lines(Broken)}\nMissed:\n{Lines(Missed)}\nRefused:\n{Lines(Refused)}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static string Lines(ConcurrentQueue<string> lines) => $"({lines.Count})\n{string.Join('\n', lines.Take(20))}";

    private async Task WorkAsync(Random random)
    {
        while (!_stop.IsCancellationRequested)
        {
            await PutNextAsync(random);
            for (var get = 0; get < GetsAPut && !_stop.IsCancellationRequested; get++)
                await GetKnownAsync(random);
        }
    }

    /// <summary>Puts a new block, or one that is there once there are enough.</summary>
    private async Task PutNextAsync(Random random)
    {
        var number = Interlocked.Increment(ref _next) - 1;
        if (number >= BlocksMax)
            number = random.Next(BlocksMax);
        if (await PutAsync(number, Twice) is { } reason)
            Refused.Enqueue($"put {number}: {reason}");
        else
            _acknowledged.TryAdd(number, true);
    }

    private async Task GetKnownAsync(Random random)
    {
        var number = random.Next(2) * random.Next(Math.Clamp(Volatile.Read(ref _next), 1, BlocksMax));
        if (!_acknowledged.ContainsKey(number))
            return;
        Interlocked.Increment(ref _gets);
        if (await GetAsync(number) is { } reason)
            Missed.Enqueue(string.Create(CultureInfo.InvariantCulture, $"get {number} at {Elapsed.TotalSeconds:0.0} s: {reason}"));
    }

    private async Task<string?> TimedAsync(string what, Func<Task<string?>> call)
    {
        var start = TimeProvider.System.GetTimestamp();
        string? outcome;
        try
        {
            outcome = await call();
        }
        catch (CascadeUnavailableException e)
        {
            outcome = $"unavailable: {e.Message}";
        }
        catch (Exception e)
        {
            Broken.Enqueue($"{what}: {e.GetType().Name}: {e.Message}");
            outcome = e.Message;
        }

        var took = TimeProvider.System.GetElapsedTime(start);
        if (took > Deadline + Grace)
            Broken.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{what}: ended after {took.TotalSeconds:0.0} s: {outcome}"));
        Interlocked.Increment(ref _calls);
        return outcome;
    }
}
