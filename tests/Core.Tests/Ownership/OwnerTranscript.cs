using System.Globalization;
using System.Text;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Ownership;

/// <summary>Feeds an owner and writes down, as lines of text, what goes in and what comes out.</summary>
internal sealed class OwnerTranscript
{
    public static readonly BlockId Block = BlockId.Parse(new string('b', 64));

    private readonly StringBuilder _text = new();
    private readonly Outbox _outbox = new();

    public OwnerTranscript(OwnerSettings settings, params CopyLocation[] copies) =>
        Owner = new BlockOwnerCore(Block, settings, new KnownCopies(copies), firstNumber: 1);

    public BlockOwnerCore Owner { get; }

    public static CopyLocation Gpu(uint node, uint slot = 0, uint generation = 2) => Copy(node, TierKind.Gpu, slot, generation);

    public static CopyLocation Shm(uint node, uint slot = 0, uint generation = 2) => Copy(node, TierKind.Shm, slot, generation);

    public static CopyLocation ColdCopy(uint node, uint slot = 0, uint generation = 2) => Copy(node, TierKind.Cold, slot, generation);

    public static KeyDigest Key(int number) => KeyDigest.Parse(number.ToString("x64", CultureInfo.InvariantCulture));

    public static RemoveCopy Remove(CopyLocation copy, int key) =>
        new(Block, copy, new KeyBinding(Key(key), default, 0, new HybridTimestamp(7)));

    public static Begin Begin(uint node, double wait = 0) => new(Block, new NodeId(node), 4096, TimeSpan.FromSeconds(wait));

    public static Commit Commit(ulong fill, CopyLocation copy) => new(Block, fill, copy);

    public static Locate Locate(uint node, double leaseFor) => new(Block, new NodeId(node), TimeSpan.FromSeconds(leaseFor));

    public static Release Release(ulong lease) => new(Block, lease);

    public static Promote PromoteTo(uint node, TierKind tier) => new(Block, new TierAddress(new NodeId(node), tier));

    public OwnerTranscript At(double seconds, string sender, IBlockMessage message)
    {
        Line($"{Text(seconds)} {sender} -> {Text(message)}");
        Owner.Handle(TimeSpan.FromSeconds(seconds), sender, message, _outbox);
        WriteEffects();
        return this;
    }

    public OwnerTranscript Tick(double seconds)
    {
        Line($"{Text(seconds)} tick");
        Owner.Tick(TimeSpan.FromSeconds(seconds), _outbox);
        WriteEffects();
        return this;
    }

    public void Reads(string expected) =>
        Assert.Equal(expected.ReplaceLineEndings("\n").Trim(), _text.ToString().Trim());

    public static string Text(Effect effect) => $"{Text(effect.To)} {Text(effect.Message)}";

    public static string Text(object message) => message switch
    {
        string name => name,
        Destination to => to.ToString(),
        TierAddress to => $"node{to.Node.Value}.{to.Tier}",
        Begin m => $"Begin node{m.Writer.Value} wait {m.Timeout.TotalSeconds}s",
        BeginGranted m => $"BeginGranted #{m.Fill}",
        AlreadyPresent m => $"AlreadyPresent {Text(m.Copy)}",
        Commit m => $"Commit #{m.Fill} {Text(m.Copy)}",
        Committed => "Committed",
        Abort m => $"Abort #{m.Fill}",
        Locate m => $"Locate node{m.Reader.Value} for {m.LeaseFor.TotalSeconds}s",
        Located m => $"Located {Text(m.Copy)} lease #{m.Lease} for {m.LeaseFor.TotalSeconds}s",
        Release m => $"Release #{m.Lease}",
        AddCopy m => $"AddCopy {Text(m.Copy)}",
        Forget m => $"Forget {m.Key.ToString()[^1]} at {m.Stamp.Value}",
        RemoveCopy m => $"RemoveCopy {Text(m.Copy)}{(m.Binding.Key.IsZero ? "" : $" key {m.Binding.Key.ToString()[^1]}")}",
        Evict m => $"Evict {Text(m.Copy)}{(m.Discard ? " discard" : "")}",
        EvictGranted m => $"EvictGranted {Text(m.Copy)}{(m.WasLast ? " last" : "")}",
        EvictRefused m => $"EvictRefused {Text(m.Copy)} {m.Reason}",
        Demote m => $"Demote {Text(m.Copy)} to {m.To}",
        Promote m => $"Promote to {Text((object)m.To)}",
        Promoting m => $"Promoting to {Text((object)m.To)}",
        Pull m => $"Pull from {Text(m.Source)} lease #{m.Lease} for {m.LeaseFor.TotalSeconds}s",
        Protect => "Protect",
        Unprotect => "Unprotect",
        ProtectDone m => $"ProtectDone {m.Registrations}",
        Delete => "Delete",
        Deleted => "Deleted",
        Drop m => $"Drop {Text(m.Copy)}",
        Describe => "Describe",
        BlockDescription m =>
            $"{m.State} [{string.Join(", ", m.Copies.Select(copy => Text(copy)))}] leases {m.Leases} keys {m.Registrations}",
        NotFound => "NotFound",
        Busy => "Busy",
        Refused => "Refused",
        _ => throw new ArgumentException($"No text for {message.GetType().Name}: add it here."),
    };

    private static string Text(CopyLocation copy) => $"node{copy.Node.Value}.{copy.Tier}/{copy.Slot}.{copy.Generation}";

    private static string Text(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");

    private static CopyLocation Copy(uint node, TierKind tier, uint slot, uint generation) =>
        new(new NodeId(node), tier, slot, generation, slot * 4096L, 4096);

    private void WriteEffects()
    {
        foreach (var effect in _outbox.Effects)
            Line($"   <- {Text(effect)}");
        _outbox.Clear();
    }

    private void Line(string line) => _text.Append(line).Append('\n');
}
