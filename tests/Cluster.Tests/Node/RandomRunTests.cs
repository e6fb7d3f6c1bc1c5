using Cascade.Cluster.Tests.Simulation;

namespace Cascade.Cluster.Tests.Node;

/// <summary>
/// A whole node under concurrent clients, on hundreds of random schedules. <see cref="RunLedger"/> and <see cref="RandomRun"/>
/// say what must hold; a failure names its seed.
/// </summary>
public sealed class RandomRunTests
{
    private const int Seeds = 400;

    /// <summary>Keys are hashes of what they name, as engines use them; two keys may share a content.</summary>
    private static readonly Workload FixedContents = new(Clients: 6, Operations: 80, Keys: 14, Contents: 8, Rebinds: false);

    /// <summary>Writers of one key bring different contents.</summary>
    private static readonly Workload AnyContents = FixedContents with { Rebinds = true };

    /// <summary>Room for two or three blocks: most puts wait for evictions, and many in vain.</summary>
    private static readonly Workload LittleRoom = FixedContents with { Granules = 9, Slots = 6 };

    /// <summary>Everything fits: nothing is evicted, blocks go by deletion alone.</summary>
    private static readonly Workload MuchRoom = AnyContents with { Granules = 80, Slots = 32 };

    /// <summary>Owners go after every short pause and come back with what the arena holds.</summary>
    private static readonly Workload Forgetful = AnyContents with { PassivateAfter = TimeSpan.FromMilliseconds(10) };

    /// <summary>Further keys of a block seldom fit the directory: readers ask the index and the owner.</summary>
    private static readonly Workload FewAliases = FixedContents with { AliasesMax = 1 };

    /// <summary>Many writers of few blocks: each meets the others' fills, evictions and deletions half-way.</summary>
    private static readonly Workload Crowded =
        new(Clients: 8, Operations: 80, Keys: 4, Contents: 4, Rebinds: false) { Granules = 12, Slots = 6 };

    public static TheoryData<string> Workloads =>
    [
        nameof(FixedContents), nameof(AnyContents), nameof(LittleRoom), nameof(MuchRoom), nameof(Forgetful), nameof(FewAliases),
        nameof(Crowded),
    ];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Node_under_random_calls_keeps_every_promise(string workload)
    {
        var outcomes = new Dictionary<string, int>();
        var (evictions, drops, lost, turns) = (0, 0, 0, 0L);
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            using var run = new RandomRun(seed, Named(workload));
            run.Execute();
            foreach (var (outcome, count) in run.Ledger.Outcomes)
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + count;
            (evictions, drops) = (evictions + run.Ledger.Evictions, drops + run.Ledger.Drops);
            (lost, turns) = (lost + run.Ledger.LostToDeletions, turns + run.Turns);
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{workload}: {Seeds} runs, {turns} turns, {evictions} evictions, {drops} drops, {lost} keys lost to another's deletion; "
            + string.Join(", ", outcomes.OrderBy(o => o.Key, StringComparer.Ordinal)));
        Assert.Equal(workload != nameof(MuchRoom), evictions > 0);
        Assert.True(drops > 0);
        Assert.Equal(0, lost);

        // A run in which something never happens checks nothing about it.
        Assert.Subset(outcomes.Keys.ToHashSet(), MustHappen(workload));
    }

    [Fact]
    public void Same_seed_gives_the_same_run_and_another_seed_another()
    {
        var fingerprints = new HashSet<ulong>();
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var first = Fingerprint(seed);
            Assert.Equal(first, Fingerprint(seed));
            Assert.True(fingerprints.Add(first.Hash), $"seed {seed} ran as another seed did");
        }
    }

    private static (ulong Hash, long Turns) Fingerprint(ulong seed)
    {
        using var run = new RandomRun(seed, AnyContents);
        run.Execute();
        return (run.Fingerprint, run.Turns);
    }

    private static HashSet<string> MustHappen(string workload)
    {
        HashSet<string> always =
        [
            "put Stored", "put AlreadyPresent", "put Cancelled", "get hit", "get miss", "locate hit", "locate miss", "delete hit",
            "delete miss", "protect done", "protect miss", "unprotect done", "estimate done",
        ];
        if (workload != nameof(MuchRoom))
            always.UnionWith(["put Busy", "protect full"]);
        if (workload == nameof(FewAliases))
            always.Add("get found");
        return always;
    }

    private static Workload Named(string name) => name switch
    {
        nameof(FixedContents) => FixedContents,
        nameof(AnyContents) => AnyContents,
        nameof(LittleRoom) => LittleRoom,
        nameof(MuchRoom) => MuchRoom,
        nameof(Forgetful) => Forgetful,
        nameof(FewAliases) => FewAliases,
        _ => Crowded,
    };
}
