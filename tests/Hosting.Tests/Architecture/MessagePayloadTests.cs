using System.Buffers;
using System.Reflection;
using System.Runtime.InteropServices;
using Cascade.Actors;
using Cascade.Cluster.Owners;
using Cascade.Core.Cold;
using Cascade.Core.Fabric;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;
using Cascade.Core.Wire;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Remote;

namespace Cascade.Hosting.Tests.Architecture;

/// <summary>Bytes of blocks go from memory to memory: no message has a place for them, nor for a way to memory that has some.</summary>
public sealed class MessagePayloadTests
{
    // What is declared as any object is an actor, or another message, which is looked at by itself.
    private static readonly string[] Actors = ["To", "Sender", "Asker", "Reply", "Region", "Link"];
    private static readonly string[] Messages = ["Request", "Answer", "Setback", "Failure", "Message", "StopMessage", "HandOffStopMessage", "Value"];

    // A bit for each of 1,024 shards: 128 bytes.
    private static readonly Type[] Small = [typeof(ShardSet)];

    // The picture of a cold store's index, on its way between the store and its device within a process: places and ids, no payload. Neither has a wire form.
    private static readonly Type[] Checkpoints = [typeof(CheckpointRead), typeof(WriteCheckpoint)];

    // Arguments and results of calls, and what actors are made with: nobody is told them.
    private static readonly string[] NoMessages =
        [nameof(PullTarget), nameof(PullRequest), nameof(RemoteRead), "PulledCopy", nameof(RemoteTierContext), nameof(OwnerContext), nameof(PayloadArea), "SharedRecords+Request"];

    private static readonly Type[] Sequences = [typeof(Memory<>), typeof(ReadOnlyMemory<>), typeof(ReadOnlySequence<>), typeof(ArraySegment<>), typeof(IMemoryOwner<>)];

    [Fact]
    public void No_message_between_nodes_can_carry_payload() => Assert.Empty(WireTable.Types.Values.SelectMany(Faults));

    [Fact]
    public void No_message_within_a_node_can_carry_payload()
    {
        var records = Records();
        Assert.Superset(WireTable.Types.Values.ToHashSet(), records.ToHashSet());
        Assert.Empty(NoMessages.Except(records.Select(NameOf)));
        Assert.Empty(records.Where(static type => !Checkpoints.Contains(type) && !NoMessages.Contains(NameOf(type))).SelectMany(Faults));
        Assert.All(Checkpoints, static type => Assert.NotEmpty(Faults(type)));
    }

    [Theory]
    [InlineData(typeof(WithBytes))]
    [InlineData(typeof(WithMemory))]
    [InlineData(typeof(WithListInPart))]
    [InlineData(typeof(WithSequence))]
    [InlineData(typeof(WithStream))]
    [InlineData(typeof(WithWords))]
    [InlineData(typeof(WithPointer))]
    [InlineData(typeof(WithAnything))]
    public void Message_that_could_carry_payload_is_found(Type message) => Assert.Single(Faults(message));

    /// <summary>All records that may be messages: those of the contracts and cores, of the engine, and of the actors' own projects and folders.</summary>
    private static List<Type> Records()
    {
        Assembly[] whole = [typeof(Bind).Assembly, typeof(ActorSystem).Assembly, typeof(BlockOwner).Assembly];
        string[] folders = ["Cascade.Tiers.Memory", "Cascade.Tiers.Cold", "Cascade.Tiers.Remote"];
        return
        [
            .. whole.SelectMany(static assembly => assembly.GetTypes())
                .Concat(typeof(RemoteTier).Assembly.GetTypes().Where(type => folders.Contains(type.Namespace)))
                .Where(static type => type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is not null),
        ];
    }

    private static string NameOf(Type type) => type.FullName![(type.Namespace!.Length + 1)..];

    private static List<string> Faults(Type message)
    {
        var faults = new List<string>();
        Look(message, message.Name, [], faults);
        return faults;
    }

    private static void Look(Type type, string path, HashSet<Type> seen, List<string> faults)
    {
        if (!seen.Add(type) || (type.IsPrimitive && !IsAddress(type)) || type.IsEnum || type == typeof(string) || Small.Contains(type))
            return;
        if (IsCarrier(type))
        {
            faults.Add($"{path} is {type}: bytes of blocks, or a way to them, could go in it");
            return;
        }

        foreach (var part in type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments())
            Look(part, path, seen, faults);
        if (type.IsArray || type.Namespace!.StartsWith("System", StringComparison.Ordinal) || typeof(IActorRef).IsAssignableFrom(type) || typeof(Delegate).IsAssignableFrom(type))
            return;
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            foreach (var field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                var name = field.Name.Split('<', '>') is [_, var property, _] ? property : field.Name;
                if (field.FieldType != typeof(object) || !(Actors.Contains(name) || Messages.Contains(name)))
                    Look(field.FieldType, $"{path}.{name}", seen, faults);
            }
        }
    }

    private static bool IsCarrier(Type type) =>
        type == typeof(object) || type.IsPointer || IsAddress(type)
        || typeof(Stream).IsAssignableFrom(type) || typeof(SafeHandle).IsAssignableFrom(type)
        || (type.IsArray && type.GetElementType()!.IsPrimitive)
        || type.GetInterfaces().Append(type).Any(static face =>
            face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>) && face.GetGenericArguments()[0].IsPrimitive)
        || (type.IsGenericType && Sequences.Contains(type.GetGenericTypeDefinition()));

    private static bool IsAddress(Type type) => type == typeof(nint) || type == typeof(nuint);

    private sealed record WithBytes(int Number, byte[] Bytes);

    private sealed record WithMemory(ReadOnlyMemory<byte>? Bytes);

    private sealed record WithListInPart(IReadOnlyList<PartWithList> Parts);

    private readonly record struct PartWithList(List<byte> Bytes);

    private sealed record WithSequence(ReadOnlySequence<byte> Bytes);

    private sealed record WithStream(FileStream Bytes);

    private sealed record WithWords(IReadOnlyList<long> Words);

    private sealed record WithPointer(nint Address);

    private sealed record WithAnything(object What);
}
