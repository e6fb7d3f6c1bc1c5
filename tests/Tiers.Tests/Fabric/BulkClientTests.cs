using System.Net;
using System.Net.Sockets;
using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Fabric;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class BulkClientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((256 << 10) + 1)]
    [InlineData((4 << 20) - 1)]
    [InlineData((8 << 20) + 1)]
    [InlineData(64 << 20)]
    public async Task Pull_of_any_length_brings_the_copy_exactly(int length)
    {
        await using var node = new BulkSandbox();
        using var client = node.Client();
        using var into = new TargetMemory(length);
        var copy = node.Box.Put(1, length);
        Assert.True(client.CanReach(BulkSandbox.Holder));
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, length));
        Assert.Equal((0, 0), (client.PullsInFlight, node.Box.Readers.HeldLeases));
        Assert.Equal(length, node.Server.SentBytes);
    }

    [Fact]
    public async Task Pull_of_a_part_in_small_pieces_over_several_streams_brings_that_part()
    {
        const int Length = 3_000_003;
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { PieceBytes = 64 << 10, SplitAboveBytes = 0, SmallBytes = 0 });
        using var into = new TargetMemory(Length - 1001);
        var copy = node.Box.Put(1, Length);
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(copy, skipBytes: 1000)));
        into.AssertIs(Bytes(1, Length).AsSpan(1000, Length - 1001));
    }

    [Fact]
    public async Task Copy_that_was_freed_or_replaced_is_stale_and_the_connection_serves_on()
    {
        var connections = 0;
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { Wrapper = (raw, _) => { connections++; return raw; } });
        using var into = new TargetMemory(5000);
        var first = node.Box.Put(1);
        Assert.True(node.Box.Arena.TryFree(first.Slot, first.Generation));
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(first)));
        var second = node.Box.Put(2);
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(first)));
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(second with { OffsetBytes = 4096 + second.OffsetBytes })));
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(second with { LengthBytes = 5001 })));
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(second with { Slot = uint.MaxValue })));
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(second)));
        into.AssertIs(Bytes(2, 5000));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Copy_of_another_block_than_the_one_wanted_is_stale()
    {
        await using var node = new BulkSandbox();
        using var client = node.Client();
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(copy, block: Id(2))));
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(copy, block: Id(1))));
        into.AssertIs(Bytes(1, 5000));
        Assert.Equal(0, node.Box.Readers.HeldLeases);
    }

    [Fact]
    public async Task Copy_that_is_being_sent_cannot_be_freed()
    {
        var (sending, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(() => { sending.TrySetResult(); return go.Task; }) });
        using var client = node.Client();
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        var pull = client.PullAsync(into.Want(copy));
        await sending.Task;
        Assert.False(node.Box.Arena.TryFree(copy.Slot, copy.Generation));
        go.SetResult();
        Assert.Equal(PullResult.Done, await pull);
        into.AssertIs(Bytes(1, 5000));
        Assert.True(node.Box.Arena.TryFree(copy.Slot, copy.Generation));
    }

    [Fact]
    public async Task Holder_closed_while_it_sends_gives_stale_never_done()
    {
        var box = default(BulkSandbox);
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(() => { box!.Box.Arena.Dispose(); return Task.CompletedTask; }) });
        box = node;
        using var client = node.Client();
        using var into = new TargetMemory(2 << 20);
        Assert.Equal(PullResult.Stale, await client.PullAsync(into.Want(node.Box.Put(1, 2 << 20))));
    }

    [Fact]
    public async Task Server_that_ends_while_it_sends_gives_unreachable()
    {
        var (sending, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(() => { sending.TrySetResult(); return go.Task; }) });
        using var client = node.Client();
        using var into = new TargetMemory(16 << 20);
        var pull = client.PullAsync(into.Want(node.Box.Put(1, 16 << 20)));
        await sending.Task;
        var ending = node.Server.DisposeAsync();
        Assert.Equal(PullOutcome.Unreachable, (await pull).Outcome);
        go.SetResult();
        await ending;
        Assert.Equal(0, node.Box.Readers.HeldLeases);
        Assert.Equal(PullOutcome.Unreachable, (await client.PullAsync(into.Want(new CopyLocation(BulkSandbox.Holder, TierKind.Shm, 0, 2, 0, 16 << 20)))).Outcome);
    }

    [Fact]
    public async Task Silent_peer_ends_in_the_deadline_and_in_cancellation()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        await using var node = new BulkSandbox();
        var clock = new ManualClock();
        using var client = node.Client(options => options with { Locate = _ => silent.LocalEndPoint }, clock);
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        var pull = client.PullAsync(into.Want(copy, timeout: TimeSpan.FromSeconds(2)));
        using var first = await silent.AcceptAsync();
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(pull.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(PullResult.TimedOut, await pull);

        using var cancelling = new CancellationTokenSource();
        pull = client.PullAsync(into.Want(copy), cancelling.Token);
        using var second = await silent.AcceptAsync();
        await cancelling.CancelAsync();
        Assert.Equal(PullResult.Cancelled, await pull);

        pull = client.PullAsync(into.Want(copy));
        using var third = await silent.AcceptAsync();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("did not answer within", (await pull).Reason, StringComparison.Ordinal);
        Assert.Equal(0, client.PullsInFlight);
    }

    [Fact]
    public async Task Peer_that_lets_nobody_connect_ends_in_the_deadline()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!);
        await using var node = new BulkSandbox();
        var clock = new ManualClock();
        using var client = node.Client(options => options with { Locate = _ => full.LocalEndPoint }, clock);
        using var into = new TargetMemory(5000);
        var pull = client.PullAsync(into.Want(node.Box.Put(1), timeout: TimeSpan.FromSeconds(2)));
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(pull.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(PullResult.TimedOut, await pull.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Deadline_in_the_middle_of_the_bytes_ends_the_pull_and_the_next_one_is_whole()
    {
        var (sending, go, held) = (new TaskCompletionSource(), new TaskCompletionSource(), 1);
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(() => Interlocked.Exchange(ref held, 0) == 0 ? Task.CompletedTask : Hold()) });
        var clock = new ManualClock();
        using var client = node.Client(time: clock);
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        var pull = client.PullAsync(into.Want(copy, timeout: TimeSpan.FromSeconds(1)));
        await sending.Task;
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PullResult.TimedOut, await pull);
        go.SetResult();
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, 5000));

        Task Hold()
        {
            sending.SetResult();
            return go.Task;
        }
    }

    [Fact]
    public async Task Small_pull_does_not_wait_behind_a_large_one()
    {
        var (sending, go, held) = (new TaskCompletionSource(), new TaskCompletionSource(), 1);
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(OnFirst) });
        using var client = node.Client(options => options with { LargeConnectionsPerPeer = 1, SmallConnectionsPerPeer = 1 });
        using var large = new TargetMemory(1 << 20);
        using var small = new TargetMemory(5000);
        var largeCopy = node.Box.Put(1, 1 << 20);
        var smallCopy = node.Box.Put(2);
        var first = client.PullAsync(large.Want(largeCopy));
        await sending.Task;
        Assert.Equal(PullResult.Done, await client.PullAsync(small.Want(smallCopy)));
        Assert.False(first.IsCompleted);
        go.SetResult();
        Assert.Equal(PullResult.Done, await first);

        Task OnFirst()
        {
            if (Interlocked.Exchange(ref held, 0) == 0)
                return Task.CompletedTask;
            sending.SetResult();
            return go.Task;
        }
    }

    [Fact]
    public async Task One_pull_more_than_allowed_is_busy_and_so_is_a_holder_without_leases()
    {
        var (sending, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var node = new BulkSandbox(
            options => options with { Wrapper = Hooked(() => { sending.TrySetResult(); return go.Task; }) }, maxLeases: 1);
        using var client = node.Client(options => options with { MaxPullsInFlight = 1 });
        using var another = node.Client();
        using var into = new TargetMemory(5000);
        using var other = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        var first = client.PullAsync(into.Want(copy));
        await sending.Task;
        Assert.Equal(PullResult.Busy, await client.PullAsync(other.Want(copy)));
        var refused = await another.PullAsync(other.Want(copy));
        Assert.Equal(PullOutcome.Busy, refused.Outcome);
        Assert.Contains("at the peer", refused.Reason, StringComparison.Ordinal);
        go.SetResult();
        Assert.Equal(PullResult.Done, await first);
    }

    [Theory]
    [InlineData("test", "other", "token")]
    [InlineData("elsewhere", "secret", "cluster")]
    public async Task Client_of_another_cluster_is_refused_with_a_reason(string cluster, string token, string named)
    {
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { ClusterName = cluster, Token = token });
        using var into = new TargetMemory(5000);
        var result = await client.PullAsync(into.Want(node.Box.Put(1)));
        Assert.Equal(PullOutcome.Unreachable, result.Outcome);
        Assert.Contains(named, result.Reason, StringComparison.Ordinal);
        Assert.Equal(BulkCloseReason.WrongCluster, await node.NextFaultAsync());
    }

    [Fact]
    public async Task Address_that_another_node_has_by_now_is_noticed()
    {
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { Locate = _ => node.Server.EndPoint });
        using var into = new TargetMemory(5000);
        var result = await client.PullAsync(into.Want(node.Box.Put(1) with { Node = new NodeId(9) }));
        Assert.Equal("What answers for node9 is node3: its address is out of date.", result.Reason);
        Assert.False(node.Client().CanReach(new NodeId(9)));
    }

    [Fact]
    public async Task Closed_client_ends_its_pulls()
    {
        var (sending, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var node = new BulkSandbox(options => options with { Wrapper = Hooked(() => { sending.TrySetResult(); return go.Task; }) });
        var client = node.Client();
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        var pull = client.PullAsync(into.Want(copy));
        await sending.Task;
        client.Dispose();
        Assert.Equal(PullResult.Unreachable("the fabric is closed"), await pull);
        Assert.Equal(PullResult.Unreachable("the fabric is closed"), await client.PullAsync(into.Want(copy)));
        go.SetResult();
    }

    private static BulkStreamWrapper Hooked(Func<Task> beforePayload) => (raw, _) => new HookedStream(raw, beforePayload);
}
