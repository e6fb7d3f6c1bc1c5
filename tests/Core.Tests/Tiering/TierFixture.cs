using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;

namespace Cascade.Core.Tests.Tiering;

/// <summary>A memory tier core with everything around it in reach of a test.</summary>
internal sealed class TierFixture : IDisposable, IProtectedBlocks
{
    public const int Granule = 4096;

    /// <summary>The settings of a tier with a cold one behind it.</summary>
    public static readonly MemoryTierSettings WithCold = MemoryTierSettings.Default with { HasColdTier = true };

    private readonly Outbox _outbox = new();

    public TierFixture(int granules, int slots = 64, MemoryTierSettings? settings = null, IEvictionPolicy? policy = null)
    {
        Arena = new ArenaStandIn((long)granules * Granule, slots);
        Core = new MemoryTierCore(
            new TierAddress(new NodeId(1), TierKind.Shm), Arena, policy ?? Policy, this, settings ?? MemoryTierSettings.Default);
    }

    public ArenaStandIn Arena { get; }

    /// <summary>What chooses victims, where no other policy was given.</summary>
    public OldestFirst Policy { get; } = new();

    public MemoryTierCore Core { get; }

    public HashSet<BlockId> Protected { get; } = [];

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(100);

    public bool Contains(BlockId id) => Protected.Contains(id);

    public static BlockId Id(int n) => new(Digest(n, 1));

    public static KeyBinding Key(int n, int stamp = 1) => new(new KeyDigest(Digest(n, 2)), default, 0, new HybridTimestamp((ulong)stamp));

    /// <summary>A key that goes on from another.</summary>
    public static KeyBinding KeyBehind(int n, int parent, int depth = 1) => Key(n) with { Parent = Key(parent).Key, Depth = depth };

    /// <summary>Takes one message in and gives what came out of it.</summary>
    public List<Effect> Step(object message, object? sender = null)
    {
        Assert.True(Core.Handle(Now, sender ?? "client", message, _outbox));
        return Drain();
    }

    /// <summary>Releases a key and gives how many are left, as the client is told.</summary>
    public int Release(ReleaseKey message) => Step(message, "deleter").Select(e => e.Message).OfType<KeyReleased>().Single().KeysLeft;

    public List<Effect> Tick()
    {
        Core.Tick(Now, _outbox);
        return Drain();
    }

    public List<Effect> Announce()
    {
        Core.Announce(_outbox);
        return Drain();
    }

    /// <summary>Puts a block of so many granules the way a client does and gives where it lies.</summary>
    public CopyLocation Put(int n, int granules = 1) => Put(n, Key(n), granules);

    /// <summary>The same, under a key of its own.</summary>
    public CopyLocation Put(int n, KeyBinding binding, int granules = 1)
    {
        var reserved = Assert.IsType<Reserved>(Assert.Single(Step(new Reserve((long)granules * Granule, TimeSpan.FromSeconds(1)))).Message);
        return Assert.IsType<Published>(Assert.Single(Step(new Publish(reserved.Reservation, Id(n), binding))).Message).Copy;
    }

    /// <summary>What the tier asked of the cold one among these effects.</summary>
    public static List<ColdErrand> ErrandsIn(List<Effect> effects)
    {
        var errands = effects.Where(e => e.Message is ColdErrand).ToList();
        Assert.All(errands, e => Assert.Equal(new TierAddress(new NodeId(1), TierKind.Cold), e.To));
        return errands.ConvertAll(e => (ColdErrand)e.Message);
    }

    /// <summary>Has the owner ask for a demotion of a copy and gives what is asked of the cold tier for it.</summary>
    public List<ColdErrand> Demote(int n, CopyLocation copy) => ErrandsIn(Step(new Demote(Id(n), copy, TierKind.Cold), "owner"));

    /// <summary>Hands the cold tier's answers to an errand in; gives what came of the last.</summary>
    public List<Effect> Answer(ColdErrand errand, params object[] answers)
    {
        List<Effect> effects = [];
        foreach (var answer in answers)
            effects = Step(new ColdAnswer(errand.Number, answer), "cold");
        return effects;
    }

    /// <summary>Answers an errand as a cold tier that stored what it was given.</summary>
    public List<Effect> Store(ColdErrand errand) =>
        errand.Request is ColdPut put ? Answer(errand, new ColdStored(put.Durable), Released(put)) : Answer(errand, new ColdStored(true));

    public static MemoryReleased Released(ColdPut put, bool durable = true) => new(put.Id, put.Memory, durable);

    public TierReport Report() => (TierReport)Assert.Single(Step(ReportTier.Instance)).Message;

    public void Dispose() => Arena.Dispose();

    private List<Effect> Drain()
    {
        var effects = _outbox.Effects.ToList();
        _outbox.Clear();
        return effects;
    }

    private static byte[] Digest(int n, byte kind)
    {
        var digest = new byte[32];
        BitConverter.TryWriteBytes(digest, n);
        digest[31] = kind;
        return digest;
    }
}
