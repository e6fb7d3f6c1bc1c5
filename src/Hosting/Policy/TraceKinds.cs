using Cascade.Core.Eviction.Trials;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Policy;

/// <summary>Loads of other kinds than a recorded one, on which a policy shows whether it was made for that one.</summary>
/// <remarks>
/// Conversations follow what was measured. The others do not: they are the patterns on which the literature tells policies apart (Zipf's law,
/// drift, scans, loops, changes of phase) and two more ways in which prefixes are used: questions about long documents, and agents that call
/// tools.
/// </remarks>
internal static class TraceKinds
{
    private const int Accesses = 150_000;

    /// <summary>The kinds, by the names that a person gives them.</summary>
    public static IReadOnlyDictionary<string, Func<ulong, AccessTrace>> All { get; } = new SortedDictionary<string, Func<ulong, AccessTrace>>(StringComparer.Ordinal)
    {
        ["agents"] = static seed => Agents(new TraceGenerator(seed), runs: 700),
        ["chat"] = static seed => Chat(seed, requests: 7_000),
        ["documents"] = static seed => Documents(new TraceGenerator(seed), sessions: 500),
        ["drift"] = static seed => Drift(new TraceGenerator(seed), Accesses),
        ["loop"] = static seed => Loop(new TraceGenerator(seed), Accesses),
        ["phases"] = Phases,
        ["scans"] = static seed => Scans(new TraceGenerator(seed), Accesses),
        ["uniform"] = static seed => Uniform(new TraceGenerator(seed), Accesses),
        ["zipf"] = static seed => Zipf(new TraceGenerator(seed), Accesses, blocks: 50_000),
    };

    /// <summary>Requests for one block each, by Zipf's law.</summary>
    public static AccessTrace Zipf(TraceGenerator random, int requests, int blocks)
    {
        var ids = random.NewBlocks(blocks);
        var ranks = new ZipfRanks(random, blocks, 0.9);
        while (random.Count < requests)
            random.AddNext(ids[ranks.Next()]);
        return random.Build();
    }

    /// <summary>As before, but one request in ten puts a new block in the place of another, at any rank.</summary>
    public static AccessTrace Drift(TraceGenerator random, int requests)
    {
        var ids = random.NewBlocks(30_000);
        var ranks = new ZipfRanks(random, ids.Length, 0.9);
        while (random.Count < requests)
        {
            if (random.Share() < 0.1)
                ids[random.Between(0, ids.Length - 1)] = random.NewBlocks(1)[0];
            random.AddNext(ids[ranks.Next()]);
        }
        return random.Build();
    }

    /// <summary>Requests for one block of many, each as likely as the next.</summary>
    public static AccessTrace Uniform(TraceGenerator random, int requests)
    {
        var ids = random.NewBlocks(20_000);
        while (random.Count < requests)
            random.AddNext(ids[random.Between(0, ids.Length - 1)]);
        return random.Build();
    }

    /// <summary>The same 6,000 blocks over and over; one request in ten is for a block that never returns.</summary>
    public static AccessTrace Loop(TraceGenerator random, int requests)
    {
        var ids = random.NewBlocks(6_000);
        while (random.Count < requests)
            random.AddNext(random.Share() < 0.9 ? ids[random.Count % ids.Length] : random.NewBlocks(1)[0]);
        return random.Build();
    }

    /// <summary>Zipf's law over 8,000 blocks, and now and then 500 to 4,000 blocks in a row that never return.</summary>
    public static AccessTrace Scans(TraceGenerator random, int requests)
    {
        var ids = random.NewBlocks(8_000);
        var ranks = new ZipfRanks(random, ids.Length, 0.8);
        while (random.Count < requests)
        {
            if (random.Share() >= 0.0005)
            {
                random.AddNext(ids[ranks.Next()]);
                continue;
            }
            foreach (var block in random.NewBlocks(random.Between(500, 4_000)))
                random.AddNext(block);
        }
        return random.Build();
    }

    /// <summary>Documents of 20 to 300 blocks, some far more popular; whoever opens one asks a few questions about it, a minute apart.</summary>
    public static AccessTrace Documents(TraceGenerator random, int sessions)
    {
        var documents = Enumerable.Range(0, 300).Select(_ => random.NewBlocks(random.Between(20, 300))).ToArray();
        var ranks = new ZipfRanks(random, documents.Length, 0.8);
        for (var session = 0; session < sessions; session++)
        {
            random.Wait(random.Exponential(6));
            var document = documents[ranks.Next()];
            var time = random.Now;
            for (var question = (int)random.Exponential(2); question >= 0; question--)
            {
                random.Add(time, [.. document, .. random.NewBlocks(random.Between(1, 3))]);
                time += 5 + random.Exponential(60);
            }
        }
        return random.Build();
    }

    /// <summary>Agents with a shared prompt of 3 to 25 blocks that grow by one to three blocks a step, some seconds apart, and end after eight or so.</summary>
    public static AccessTrace Agents(TraceGenerator random, int runs)
    {
        var prompts = Enumerable.Range(0, 40).Select(_ => random.NewBlocks(random.Between(3, 25))).ToArray();
        var ranks = new ZipfRanks(random, prompts.Length, 1);
        for (var run = 0; run < runs; run++)
        {
            random.Wait(random.Exponential(4));
            ulong[] context = [.. prompts[ranks.Next()], .. random.NewBlocks(random.Between(1, 4))];
            var time = random.Now;
            for (var step = (int)random.Exponential(8); step >= 0; step--)
            {
                random.Add(time, context);
                context = [.. context, .. random.NewBlocks(random.Between(1, 3))];
                time += 1 + random.Exponential(8);
            }
        }
        return random.Build();
    }

    /// <summary>The chat load that is replayed when no trace is given: <see cref="ChatWorkload"/>.</summary>
    public static AccessTrace Chat(ulong seed, int requests)
    {
        var builder = new AccessTrace.Builder();
        foreach (var request in ChatWorkload.Generate(ChatWorkloadSettings.Default with { Requests = requests }, seed))
            builder.Add(request.BlockIds.Span);
        return builder.Build();
    }

    /// <summary>One kind after another, with blocks of their own.</summary>
    private static AccessTrace Phases(ulong seed)
    {
        var builder = new AccessTrace.Builder();
        ulong first = 0;
        foreach (var phase in (AccessTrace[])[
            Zipf(new TraceGenerator(seed), Accesses / 3, blocks: 20_000),
            Documents(new TraceGenerator(seed + 1), sessions: 150),
            Loop(new TraceGenerator(seed + 2), Accesses / 3),
            Agents(new TraceGenerator(seed + 3), runs: 200)])
        {
            for (var request = 0; request < phase.Requests; request++)
                builder.Add([.. phase.Request(request).ToArray().Select(block => first + (ulong)block)]);
            first += (ulong)phase.DistinctBlocks;
        }
        return builder.Build();
    }
}
