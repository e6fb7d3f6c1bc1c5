using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

public sealed class MembershipPartsTests
{
    private static readonly MembershipSettings Settings = new() { Cluster = "parts" };

    [Theory]
    [InlineData(2, 0, 1, 1.2)]
    [InlineData(3, 0, 1, 4.8)]
    [InlineData(3, 1, 1, 1.2)]
    [InlineData(10, 0, 1, 4.8)]
    [InlineData(10, 1, 1, 3.0)]
    [InlineData(10, 3, 1, 1.2)]
    [InlineData(10, 3, 4, 4.8)]
    [InlineData(1000, 0, 1, 14.4)]
    [InlineData(1000, 3, 1, 3.6)]
    public void Suspicion_lasts_longer_in_large_clusters_and_when_nobody_shares_it(int members, int confirmations, int stretch, double seconds)
    {
        var suspicion = new Suspicion(TimeSpan.FromSeconds(100), new NodeId(1));
        for (var accuser = 2; accuser < 2 + confirmations; accuser++)
            Assert.True(suspicion.Confirm(new NodeId((uint)accuser)));
        Assert.False(suspicion.Confirm(new NodeId(1)));
        Assert.Equal(100 + seconds, suspicion.Deadline(Settings, members, stretch).TotalSeconds, 3);
    }

    [Fact]
    public void Suspicion_that_is_not_told_waits_for_nobody() =>
        Assert.Equal(1.2, new Suspicion(TimeSpan.Zero, accuser: null).Deadline(Settings, members: 10, stretch: 1).TotalSeconds, 3);

    [Fact]
    public void News_is_passed_on_a_number_of_times_the_freshest_first()
    {
        var queue = new GossipQueue();
        var entries = Enumerable.Range(0, 3).Select(node => new MemberEntry(Up(node))).ToList();
        queue.Add(entries[0]);
        queue.Add(entries[1]);
        Assert.Equal([0u, 1u], Take(queue, 2));
        queue.Add(entries[2]);
        Assert.Equal([2u], Take(queue, 1));
        Assert.Equal([0u], Take(queue, 1));
        entries[1].Member = entries[1].Member with { Incarnation = 9 };
        queue.Add(entries[1]);
        Assert.Equal([1u, 2u, 0u], Take(queue, 3));
        Assert.Equal([1u, 2u], Take(queue, 3));
        Assert.Equal([1u], Take(queue, 3));
        Assert.Empty(Take(queue, 3));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Of_two_records_of_one_life_exactly_one_is_news_to_the_other()
    {
        var records = (from incarnation in new[] { 0L, 1, 2 }
                       from state in Enum.GetValues<MemberState>()
                       select Up(1) with { Incarnation = incarnation, State = state }).ToList();
        foreach (var left in records)
        {
            foreach (var right in records.Where(right => right != left && (left.State, right.State) != (MemberState.Left, MemberState.Left)))
                Assert.NotEqual(left.IsNewsTo(right), right.IsNewsTo(left));
            Assert.False(left.IsNewsTo(left));
        }
    }

    [Fact]
    public void Removed_members_are_forgotten_after_a_time_and_beyond_a_number()
    {
        var table = new MemberTable(new NodeId(0));
        for (var node = 0; node < 5; node++)
            table.Add(TimeSpan.Zero, Up(node));
        var digest = table.Digest;
        for (var node = 1; node < 4; node++)
            table.Set(TimeSpan.FromSeconds(node), table.Find(new NodeId((uint)node))!, Up(node) with { State = MemberState.Removed });
        Assert.Equal((3, 1, 2), (table.Gone, table.Peers.Count, table.View.Members.Length));
        table.ForgetOldest();
        Assert.Equal([0u, 2u, 3u, 4u], table.All.Select(entry => entry.Member.Node.Value));
        table.ForgetGone(TimeSpan.FromSeconds(2));
        Assert.Equal([0u, 3u, 4u], table.All.Select(entry => entry.Member.Node.Value));
        Assert.Null(table.Find(new NodeId(2)));
        table.Set(TimeSpan.FromSeconds(9), table.Find(new NodeId(3))!, Up(3));
        Assert.Equal((0, 2), (table.Gone, table.Peers.Count));
        table.Add(TimeSpan.Zero, Up(1));
        table.Add(TimeSpan.Zero, Up(2));
        Assert.Equal(digest, table.Digest);
    }

    [Fact]
    public void View_finds_its_members_and_stays_as_it_was()
    {
        var table = new MemberTable(new NodeId(0));
        for (var node = 0; node < 10; node += 2)
            table.Add(TimeSpan.Zero, Up(node));
        var view = table.View;
        Assert.Same(view, table.View);
        table.Add(TimeSpan.Zero, Up(5));
        Assert.Equal([0u, 2u, 4u, 6u, 8u], view.Members.Select(member => member.Node.Value));
        Assert.All(Enumerable.Range(0, 10), node => Assert.Equal(node % 2 == 0 ? (uint)node : null, view.Find(new NodeId((uint)node))?.Node.Value));
        Assert.True(table.View.Version > view.Version);
        Assert.NotEqual(table.View.Digest, view.Digest);
    }

    [Theory]
    [InlineData("10.0.0.7:7400", "10.0.0.7", 7400)]
    [InlineData("[::1]:80", "[::1]", 80)]
    [InlineData("c17.cluster.local:65535", "c17.cluster.local", 65535)]
    public void Address_has_a_host_and_a_port(string text, string host, int port)
    {
        var address = new NodeAddress(text);
        Assert.Equal((host, port, text), (address.Host, address.Port, address.ToString()));
        Assert.Equal(address, new NodeAddress(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":7400")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+1")]
    [InlineData("ho st:1")]
    [InlineData("höst:1")]
    [InlineData("::1:80")]
    [InlineData("[]:80")]
    [InlineData("host\n:80")]
    public void Text_that_is_no_address_is_refused(string text) => Assert.Throws<ArgumentException>(() => new NodeAddress(text));

    [Fact]
    public void Metadata_is_bounded()
    {
        Assert.Throws<ArgumentException>(() => new MemberMetadata(false, Enumerable.Range(0, 9).Select(i => new KeyValuePair<string, string>($"{i}", ""))));
        Assert.Throws<ArgumentException>(() => new MemberMetadata(false, [new("name", new string('x', 253))]));
        Assert.Throws<ArgumentException>(() => new MemberMetadata(false, [new("", "x")]));
        Assert.Throws<ArgumentException>(() => new MemberMetadata(false, [new("a", "x"), new("a", "y")]));
        Assert.Equal(256, new MemberMetadata(false, [new("name", new string('x', 252))]).SizeBytes);
        Assert.Equal(new MemberMetadata(true, [new("a", "1"), new("b", "2")]), new MemberMetadata(true, [new("b", "2"), new("a", "1")]));
    }

    [Fact]
    public void Largest_record_fits_the_smallest_message()
    {
        var member = Up(1) with
        {
            Address = new NodeAddress(new string('h', 250) + ":7400"),
            Metadata = new MemberMetadata(false, [new("name", new string('x', 252))]),
        };
        Assert.Equal(Member.SizeBytesMax, member.SizeBytes);
        Assert.InRange(member.SizeBytes, 1, 1024);
    }

    [Fact]
    public void Setting_outside_its_range_is_named()
    {
        MembershipSettings[] wrong =
        [
            Settings with { Cluster = "" }, Settings with { ProbeTimeout = TimeSpan.FromMilliseconds(201) }, Settings with { GossipFanout = 0 },
            Settings with { PageBytesMax = 1023 }, Settings with { SuspicionFactor = 0 }, Settings with { JoinWaitMax = TimeSpan.Zero }, Settings with { MembersMax = 0 },
        ];
        Assert.All(wrong, settings => Assert.Contains(
            "correct the setting", Assert.Throws<ArgumentException>(() => new MembershipCore(Up(1), settings, new SeededNumbers(1))).Message, StringComparison.Ordinal));
    }

    private static List<uint> Take(GossipQueue queue, int records)
    {
        var taken = new List<Member>();
        queue.Take(Up(1).SizeBytes * records, times: 3, taken);
        return taken.ConvertAll(member => member.Node.Value);
    }

    private static Member Up(int node) => Member.Starting(new NodeId((uint)node), new NodeAddress($"h{node}:1"), new HybridTimestamp(1), MemberMetadata.None) with
    {
        State = MemberState.Up,
        Share = Member.FullShare,
    };
}
