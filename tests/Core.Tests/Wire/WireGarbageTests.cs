using Cascade.Core.Membership;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Wire;
using static Cascade.Core.Tests.Wire.WireHarness;

namespace Cascade.Core.Tests.Wire;

public sealed class WireGarbageTests
{
    private const int MutationsEach = 2_500;

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void Bytes_that_were_changed_are_refused_or_make_a_message_in_range(uint number)
    {
        var random = new SeededNumbers(number);
        var samples = new SampleMessages(random);
        var bytes = Write(samples.Message(WireTable.Types[number]));
        for (var i = 0; i < MutationsEach; i++)
        {
            if (i % 25 == 0)
                bytes = Write(samples.Message(WireTable.Types[number]));
            Check(number, Changed(bytes, random));
        }
    }

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void Bytes_that_end_early_are_refused_or_make_a_message_in_range(uint number)
    {
        var samples = new SampleMessages(new SeededNumbers(number));
        for (var i = 0; i < 5; i++)
        {
            var bytes = Write(samples.Message(WireTable.Types[number]));
            for (var length = 0; length < Math.Min(bytes.Length, 1500); length++)
                Check(number, bytes[..length]);
        }
    }

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void Random_bytes_are_refused_or_make_a_message_in_range(uint number)
    {
        var random = new SeededNumbers(number);
        for (var i = 0; i < 500; i++)
        {
            var bytes = new byte[random.Below(200)];
            foreach (ref var one in bytes.AsSpan())
                one = (byte)random.Next();
            Check(number, bytes);
        }
    }

    [Theory]
    [InlineData(WireNumbers.BlockDescription, 3)]
    [InlineData(WireNumbers.RegistryPart, 1)]
    [InlineData(WireNumbers.Ping, 4)]
    [InlineData(WireNumbers.SyncReply, 4)]
    public void List_of_nothing_costs_little_memory(uint number, int field)
    {
        foreach (var entries in new[] { 1_000, WireLimits.EntriesMax, WireLimits.EntriesMax + 1, WireLimits.MessageBytesMax / 2 })
        {
            // Two bytes an entry: the tag and a length of zero.
            var bytes = new byte[2 * entries];
            for (var i = 0; i < bytes.Length; i += 2)
                bytes[i] = (byte)(field << 3 | 2);
            Check(number, bytes);
        }
    }

    [Fact]
    public void Labels_beyond_their_bounds_are_refused()
    {
        var member = new SampleMessages(new SeededNumbers(1)).Member() with { Metadata = new MemberMetadata(isClient: false, [new("a", "b"), new("c", "d")]) };
        var bytes = Write(new Gossip(default, null, [member]));
        var texts = bytes.AsSpan().IndexOf("abcd"u8);
        Assert.Contains("two have one name", NotRead(WireNumbers.Gossip, With(bytes, texts + 2, (byte)'a')), StringComparison.Ordinal);
        Assert.Contains("lengths", NotRead(WireNumbers.Gossip, With(bytes, texts + 6, 2)), StringComparison.Ordinal);
        Assert.Contains("UTF-8", NotRead(WireNumbers.Gossip, With(bytes, texts + 1, 0xFF)), StringComparison.Ordinal);
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        var copy = bytes.ToArray();
        copy[at] = value;
        return copy;
    }

    private static void Check(uint number, byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRead = WireTable.TryRead(number, bytes, out var message, out var why);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 16_384 + (32L * bytes.Length));
        Assert.Equal(isRead, message is not null);
        Assert.Equal(isRead, why is null);
        // What is believed can be told in turn, and says the same then.
        if (isRead)
            Assert.Null(Difference(message!, Read(number, Write(message!))));
    }

    private static byte[] Changed(byte[] bytes, SeededNumbers random)
    {
        var changed = bytes.ToList();
        for (var times = 1 + random.Below(3); times > 0; times--)
        {
            var at = random.Below(changed.Count + 1);
            switch (random.Below(6))
            {
                case 0 when at < changed.Count: changed[at] ^= (byte)(1 << random.Below(8)); break;
                case 1 when at < changed.Count: changed[at] = (byte)random.Next(); break;
                case 2 when at < changed.Count: changed.RemoveAt(at); break;
                case 3: changed.Insert(at, (byte)random.Next()); break;
                case 4: changed.RemoveRange(at, random.Below(changed.Count - at + 1)); break;
                default: changed.InsertRange(at, changed.Skip(random.Below(changed.Count + 1)).Take(random.Below(64)).ToList()); break;
            }
        }
        return [.. changed];
    }
}
