using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Wire;
using static Cascade.Core.Tests.Wire.WireHarness;
using Proto = Cascade.Core.Wire.Schema;

namespace Cascade.Core.Tests.Wire;

public sealed class WireVersionTests
{
    // Fields of all kinds, numbers that one, two and five bytes hold: 15 (a number, then bytes), 100 (eight bytes), 536870911 (four bytes), 16 (a message).
    private static readonly byte[] Newer =
    [
        15 << 3 | 0, 0xAC, 0x02, 15 << 3 | 2, 3, 1, 2, 3, 0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xFD, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3, 4, 0x82, 0x01, 2, 8, 1,
    ];

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void Message_of_a_newer_version_is_read_without_what_is_new(uint number)
    {
        for (var seed = 1UL; seed <= 50; seed++)
        {
            var message = new SampleMessages(new SeededNumbers(seed)).Message(WireTable.Types[number]);
            var bytes = Write(message);
            Assert.Null(Difference(message, Read(number, [.. bytes, .. Newer])));
            Assert.Null(Difference(message, Read(number, [.. Newer, .. bytes, .. Newer])));
        }
    }

    [Fact]
    public void Part_of_a_newer_version_is_read_without_what_is_new()
    {
        var member = new SampleMessages(new SeededNumbers(3)).Member();
        var news = new Gossip(default, null, [member]);
        var bytes = Write(news);
        var inner = Proto.Gossip.Parser.ParseFrom(bytes).Records[0].CalculateSize();
        var start = bytes.Length - inner;
        byte[] record = [.. bytes[start..], .. Newer];
        Assert.InRange(record.Length, 128, 16383);
        byte[] newer = [1 << 3 | 2, 0, 4 << 3 | 2, (byte)(record.Length | 0x80), (byte)(record.Length >> 7), .. record];
        Assert.Null(Difference(news, Read(WireNumbers.Gossip, newer)));
    }

    [Fact]
    public void Fields_are_read_in_any_order_and_the_last_of_several_counts()
    {
        var id = new Core.Identity.BlockId(Enumerable.Range(1, 32).Select(static i => (byte)i).ToArray());
        var written = Write(new BeginGranted(id, 5));
        byte[] reversed = [2 << 3, 5, .. written[..34]];
        Assert.Equal(new BeginGranted(id, 5), Read(WireNumbers.BeginGranted, reversed));
        Assert.Equal(new BeginGranted(id, 9), Read(WireNumbers.BeginGranted, [.. written, 2 << 3, 9]));
    }
}
