using System.Collections;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Wire;
using Cascade.Core.Wire.Schema;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cascade.Core.Tests.Wire;

/// <summary>Holds the reader and the writer against the schemas, as the public library of Protocol Buffers understands them.</summary>
public sealed class WireSchemaTests
{
    private const int Rounds = 100;

    private static readonly FileDescriptor[] Files =
    [
        OutcomesReflection.Descriptor, PlacementReflection.Descriptor, OwnerReflection.Descriptor, KeyIndexReflection.Descriptor, TierReflection.Descriptor,
        ColdReflection.Descriptor, RegistryReflection.Descriptor, TrackerReflection.Descriptor, MembershipReflection.Descriptor,
        HoldingsReflection.Descriptor,
        RemoteReflection.Descriptor, NodeReflection.Descriptor,
    ];

    private static readonly string[] Parts =
        ["CopyLocation", "HeldBlock", "KeyBinding", "KeyIndexEntry", "Member", "NodeLife", "NodeRange", "RegistryEntry", "ShardSet", "ShardTally", "TierAddress"];

    private static Dictionary<string, MessageDescriptor> Schemas { get; } = Files.SelectMany(static file => file.MessageTypes).ToDictionary(static schema => schema.Name);

    [Fact]
    public void Each_message_has_a_schema_and_each_schema_a_message()
    {
        var used = WireTable.Types.Values.Select(static type => type.Name);
        Assert.Equal(used.Concat(Parts).Order(), Schemas.Keys.Order());
    }

    [Theory]
    [MemberData(nameof(SampleMessages.Numbers), MemberType = typeof(SampleMessages))]
    public void What_is_written_is_what_the_schema_says(uint number)
    {
        var type = WireTable.Types[number];
        var parser = Schemas[type.Name].Parser.WithDiscardUnknownFields(true);
        for (var seed = 1UL; seed <= Rounds; seed++)
        {
            var message = new SampleMessages(new SeededNumbers(seed)).Message(type);
            var bytes = WireHarness.Write(message);
            var understood = parser.ParseFrom(bytes);
            Same(message, understood, type.Name);
            // Nothing that the schema does not know, nothing longer than it has to be, all in order; and read the same from the library's own hand.
            Assert.Equal(bytes, understood.ToByteArray());
        }
    }

    private static void Same(object? mine, object? theirs, string where)
    {
        switch (mine)
        {
            case BlockId id: SameDigest(id.IsZero, id.ToString(), theirs, where); break;
            case KeyDigest key: SameDigest(key.IsZero, key.ToString(), theirs, where); break;
            case NodeId node: Assert.Equal(node.Value, theirs); break;
            case HybridTimestamp stamp: Assert.Equal(stamp.Value, theirs); break;
            case TimeSpan duration: Assert.Equal(duration.Ticks, theirs); break;
            case NodeAddress address: Assert.Equal(address.Text, theirs); break;
            case Enum choice: Assert.Equal((choice.ToString(), Convert.ToInt32(choice, null)), (theirs!.ToString(), Convert.ToInt32(theirs, null))); break;
            case Core.Sharding.ShardSet shards: Assert.Equal(shards.Words.ToArray(), ((Cascade.Core.Wire.Schema.ShardSet)theirs!).Words); break;
            case string or bool or int or uint or long or ulong: Assert.Equal((where, mine), (where, theirs)); break;
            case null: Assert.Null(theirs); break;
            case IEnumerable list: SameList(list, (IEnumerable)theirs!, where); break;
            case Core.Placement.KeyBinding binding when binding == default: Assert.True(theirs is null or Cascade.Core.Wire.Schema.KeyBinding, where); break;
            default: SameFields(mine, (IMessage)theirs!, where); break;
        }
    }

    private static void SameFields(object mine, IMessage theirs, string where)
    {
        var fields = theirs.Descriptor.Fields.InDeclarationOrder().ToDictionary(static field => field.PropertyName);
        foreach (var parameter in SampleMessages.Parameters(mine.GetType()))
        {
            var value = mine.GetType().GetProperty(parameter.Name!)!.GetValue(mine);
            if (value is MemberMetadata metadata)
            {
                SameMetadata(metadata, (Cascade.Core.Wire.Schema.Member)theirs);
                fields.Remove("IsClient");
                fields.Remove("LabelText");
                fields.Remove("LabelLengths");
                continue;
            }
            Assert.True(fields.Remove(parameter.Name! + (value is TimeSpan ? "Ticks" : ""), out var field), $"{where} has no field {parameter.Name}");
            var told = field.HasPresence && !field.Accessor.HasValue(theirs) ? null : field.Accessor.GetValue(theirs);
            Same(value, told, $"{where}.{parameter.Name}");
        }
        Assert.Empty(fields);
    }

    private static void SameMetadata(MemberMetadata mine, Cascade.Core.Wire.Schema.Member theirs)
    {
        Assert.Equal(mine.IsClient, theirs.IsClient);
        Assert.Equal(string.Concat(mine.Labels.Select(static label => label.Key + label.Value)), theirs.LabelText.ToStringUtf8());
        Assert.Equal(2 * mine.Labels.Length, theirs.LabelLengths.Count);
        Assert.Equal(theirs.LabelText.Length, theirs.LabelLengths.Sum(static length => (int)length));
    }

    private static void SameList(IEnumerable mine, IEnumerable theirs, string where)
    {
        object[] one = [.. mine.Cast<object>()], other = [.. theirs.Cast<object>()];
        Assert.Equal(one.Length, other.Length);
        for (var i = 0; i < one.Length; i++)
            Same(one[i], other[i], $"{where}[{i}]");
    }

    private static void SameDigest(bool isZero, string hex, object? theirs, string where)
    {
        var bytes = ((ByteString)theirs!).Span;
        Assert.True((isZero && bytes.IsEmpty) || Convert.ToHexStringLower(bytes) == hex, where);
    }
}
