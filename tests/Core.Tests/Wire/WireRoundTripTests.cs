using Cascade.Core.Messages;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Wire;
using static Cascade.Core.Tests.Wire.WireHarness;

namespace Cascade.Core.Tests.Wire;

public sealed class WireRoundTripTests
{
    private const int Rounds = 400;

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void Message_that_was_written_reads_the_same(uint number)
    {
        var type = WireTable.Types[number];
        for (var seed = 1UL; seed <= Rounds; seed++)
        {
            var message = new SampleMessages(new SeededNumbers(seed)).Message(type);
            var bytes = Write(message);
            Assert.Null(Difference(message, Read(number, bytes)));
            Assert.Equal(bytes, Write(Read(number, bytes)));
        }
    }

    [Fact]
    public void Message_without_contents_reads_as_its_one_instance()
    {
        Assert.Empty(Write(NotFound.Instance));
        Assert.Same(NotFound.Instance, Read(WireNumbers.NotFound, []));
        Assert.Same(ReportTier.Instance, Read(WireNumbers.ReportTier, []));
    }

    [Fact]
    public void Reply_that_goes_by_way_of_the_backup_may_be_any_of_three()
    {
        var (binding, id) = (new Core.Placement.KeyBinding(Indices.Digests.Key(1), default, 0, default), Indices.Digests.Block(1));
        KeyReplicate[] messages =
        [
            new(default, binding, default, null, null), new(default, binding, id, new Bound(binding.Key, id, true), null),
            new(default, binding, default, null, new Found(binding, id)),
        ];
        Assert.All(messages, static message => Assert.Equal(message, Read(WireNumbers.KeyReplicate, Write(message))));
    }

    [Fact]
    public void Member_never_takes_more_than_the_membership_reckons_with()
    {
        var labels = Enumerable.Range(0, 6).ToDictionary(static i => $"{i}", static _ => "");
        labels["6"] = new string('v', 124);
        labels["7"] = new string('w', 124);
        var longest = new Core.Membership.Member(
            new Core.Identity.NodeId(uint.MaxValue), new Core.Membership.NodeAddress(new string('n', 250) + ":7400"),
            new Core.Clocks.HybridTimestamp(ulong.MaxValue), Core.Membership.Member.IncarnationMax, Core.Membership.MemberState.Left, 8,
            new Core.Membership.MemberMetadata(isClient: true, labels), new Core.Identity.NodeId(uint.MaxValue));
        Assert.InRange(SizeInList(longest), longest.SizeBytes - 8, longest.SizeBytes);

        for (var seed = 1UL; seed <= 2000; seed++)
        {
            var member = new SampleMessages(new SeededNumbers(seed)).Member();
            Assert.InRange(SizeInList(member), 1, member.SizeBytes);
        }
    }

    private static int SizeInList(Core.Membership.Member member)
    {
        var from = new Core.Membership.NodeLife(new Core.Identity.NodeId(1), default);
        return Write(new Core.Membership.Gossip(from, null, [member])).Length - Write(new Core.Membership.Gossip(from, null, [])).Length;
    }
}
