using System.Reflection;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Core.Wire;

namespace Cascade.Core.Tests.Wire;

/// <summary>Messages of any type with random contents that may be sent, the ends of the ranges often among them.</summary>
internal sealed class SampleMessages(IRandomNumbers random)
{
    private static readonly string[] Texts = ["", "full", "größer als erlaubt", "日本語 \U0001F600", new string('x', 127), new string('ü', 64)];

    /// <summary>One type's number a row.</summary>
    public static TheoryData<uint> Numbers => [.. WireTable.Types.Keys.Order()];

    public static ParameterInfo[] Parameters(Type type) =>
        type.GetConstructors().OrderByDescending(static made => made.GetParameters().Length).FirstOrDefault()?.GetParameters() ?? [];

    public object Message(Type type) =>
        type.GetField("Instance")?.GetValue(null) ?? Make(type);

    private object Make(Type type) =>
        Activator.CreateInstance(type, [.. Parameters(type).Select(parameter => Value(parameter.ParameterType, parameter.Name!))])!;

    private object? Value(Type type, string name)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Chance() ? Value(inner, name) : null;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(random.Below(Enum.GetValues(type).Length));
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return List(type.GetGenericArguments()[0]);
        return type switch
        {
            _ when type == typeof(string) => Texts[random.Below(Texts.Length)],
            _ when type == typeof(bool) => Chance(),
            _ when type == typeof(uint) => (uint)Number(uint.MaxValue),
            _ when type == typeof(ulong) => Number(ulong.MaxValue),
            _ when type == typeof(int) => (int)Number(name == "Reads" ? 15u : int.MaxValue) - (name == "KeysLeft" ? 1 : 0),
            _ when type == typeof(long) => (long)Number(name == "LengthBytes" ? 1UL << 32 : long.MaxValue),
            _ when type == typeof(TimeSpan) => new TimeSpan((long)Number(long.MaxValue)),
            _ when type == typeof(BlockId) => new BlockId(Digest()),
            _ when type == typeof(KeyDigest) => new KeyDigest(Digest()),
            _ when type == typeof(Member) => name == "By" && Chance() ? null : Member(),
            _ when type == typeof(NodeAddress) => Address(),
            _ when type == typeof(NodeRange) => Range(),
            _ when type == typeof(RegistryEntry) => Entry(),
            _ when type == typeof(ShardSet) => ShardSet.Of([.. Enumerable.Range(0, ShardSet.WordCount).Select(_ => Number(ulong.MaxValue))]),
            _ when type.Name == "KeyBinding" && name == "Binding" && Chance() => Activator.CreateInstance(type),
            _ => Make(type),
        };
    }

    private Array List(Type type)
    {
        var list = Array.CreateInstance(type, Chance() ? 0 : random.Below(40));
        for (var i = 0; i < list.Length; i++)
            list.SetValue(Value(type, ""), i);
        return list;
    }

    public Member Member()
    {
        var state = (MemberState)random.Below(6);
        var highest = state is MemberState.Suspect or MemberState.Removed ? Core.Membership.Member.IncarnationMax - 1 : Core.Membership.Member.IncarnationMax;
        return new Member(
            new NodeId((uint)Number(uint.MaxValue)), Address(), new HybridTimestamp(Number(ulong.MaxValue)), (long)Number((ulong)highest), state,
            1 + random.Below(8), Metadata(), Chance() ? new NodeId((uint)Number(uint.MaxValue)) : null);
    }

    private MemberMetadata Metadata()
    {
        var labels = new Dictionary<string, string>();
        for (var i = Chance() ? 0 : random.Below(8); i > 0; i--)
            labels[$"name{random.Below(20)}"] = Texts[random.Below(3)];
        return new MemberMetadata(Chance(), labels);
    }

    private NodeAddress Address() => new(Chance() ? $"10.0.0.{random.Below(256)}:{1 + random.Below(65535)}" : $"{new string('n', 1 + random.Below(240))}:7400");

    private NodeRange Range()
    {
        uint one = (uint)Number(uint.MaxValue), other = (uint)Number(uint.MaxValue);
        return new NodeRange(Math.Min(one, other), Math.Max(one, other));
    }

    private RegistryEntry Entry()
    {
        var (key, stamp) = (new KeyDigest(Digest()), new HybridTimestamp(random.Next()));
        return Chance() ? RegistryEntry.Removed(key, stamp) : new RegistryEntry(key, new BlockId(Full()), 1 + (long)Number((1UL << 32) - 1), stamp, IsRemoved: false);
    }

    private byte[] Digest() => random.Below(8) == 0 ? new byte[32] : Full();

    private byte[] Full()
    {
        var bytes = new byte[32];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(1 + random.Below(255));
        return bytes;
    }

    private ulong Number(ulong last) => random.Below(5) switch
    {
        0 => 0,
        1 => last,
        2 => last - (ulong)random.Below(2),
        _ => Math.Min(random.Next() >> random.Below(64), last),
    };

    private bool Chance() => random.Below(2) == 0;
}
