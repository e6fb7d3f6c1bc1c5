using System.Diagnostics;
using Cascade.Core.Fabric;
using Cascade.Tiers.Mpi;

namespace Cascade.Ranks;

/// <summary>Scenarios in which a rank dies or hangs, or the program has a defect.</summary>
internal sealed partial class Part
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>The test kills rank 2 while the others pull from it; they go on with each other.</summary>
    private void Kill()
    {
        Start([4096, 8 << 20]);
        Meet("started");
        if (Fabric.Rank == 2)
        {
            Thread.Sleep(Timeout.Infinite);
            return;
        }

        using var small = new Landing(4096);
        using var landing = new Landing(8 << 20);
        var pulls = 0;
        var outcome = PullOutcome.Done;
        while (outcome == PullOutcome.Done)
        {
            var from = Stopwatch.StartNew();
            outcome = Pull(CopyAt(2, 1), landing, Short).Outcome;
            Require(from.Elapsed < 3 * Short, $"the pull took {from.Elapsed}");
            if (++pulls == 3)
                Tell($"pulling-{Fabric.Rank}");
        }

        Require(outcome is PullOutcome.TimedOut or PullOutcome.Unreachable, $"a pull from a dead rank ended as {outcome}");
        Require(pulls > 3, "the rank was dead too early");
        for (var i = 0; i < 20; i++)
            PullWhole(1 - Fabric.Rank, i & 1, withDigest: true);
        Fabric.MarkDead(NodeOf(2));
        Require(!Fabric.CanReach(NodeOf(2)) && Fabric.CanReach(NodeOf(1 - Fabric.Rank)), "the wrong rank is out of reach");
        Require(Pull(CopyAt(2, 0), small).Outcome == PullOutcome.Unreachable, "a dead rank is asked again");
        Meet("survived", 0, 1);
        Finish(Short);
    }

    /// <summary>The test stops rank 1 while rank 0 pulls from it, and lets it go on later.</summary>
    private void Stop()
    {
        Start([4096, 8 << 20]);
        Meet("started");
        if (Fabric.Rank != 0)
        {
            Await("over");
            Finish();
            return;
        }

        PullWhole(1, 1, withDigest: true);
        Tell("stop-it");
        Await("stopped");
        using var small = new Landing(4096);
        using var large = new Landing(8 << 20);
        var from = Stopwatch.StartNew();
        var both = new[] { Fabric.PullAsync(Ask(0, small)), Fabric.PullAsync(Ask(1, large)) };
        Task.WaitAll(both);
        Require(from.Elapsed < 3 * Short, $"the pulls took {from.Elapsed}");
        Require(both.All(static pull => pull.Result.Outcome == PullOutcome.TimedOut), $"they ended as {both[0].Result} and {both[1].Result}");
        small.Bytes.Fill(1);
        large.Bytes.Fill(1);
        Require(!Fabric.CanReach(NodeOf(1)) && Fabric.QuarantinedBytes > 0, "a rank that hangs is asked on");
        PullWhole(2, 1, withDigest: true);
        Tell("let-it-go-on");
        Until(() => Fabric.CanReach(NodeOf(1)), "rank 1 to come back");
        Require(Fabric.QuarantinedBytes == 0, "reads that have come are still quarantined");
        Require(!small.Bytes.ContainsAnyExcept((byte)1) && !large.Bytes.ContainsAnyExcept((byte)1), "a late read stored to its target");
        PullWhole(1, 1, withDigest: true);
        Tell("over");
        Finish();

        PullRequest Ask(int block, Landing landing) => new(CopyAt(1, block), 0, landing.Target, Short);
    }

    /// <summary>Rank 0 leaves alone: it does not wait for ever, and the others live on.</summary>
    private void Leave()
    {
        Start([4096]);
        Meet("started");
        if (Fabric.Rank == 0)
        {
            Require(Fabric.Stop(Short) == MpiEnd.LeftOpen, "MPI was finalized though the others go on");
            Require(Pull(CopyAt(1, 0), new Landing(4096)).Outcome == PullOutcome.Unreachable, "a closed fabric is asked");
            Tell("left");
        }

        Await("left");
        if (Fabric.Rank != 0)
            PullWhole(3 - Fabric.Rank, 0, withDigest: true);
        Finish(Short);
    }

    /// <summary>A null reference is an exception, also with MPI in the process.</summary>
    private void Null()
    {
        Start([4096]);
        Landing? nobody = Environment.TickCount == int.MinValue ? new Landing(1) : null;
        var caught = false;
        try
        {
            _ = nobody!.Bytes.Length;
        }
        catch (NullReferenceException)
        {
            caught = true;
        }

        Require(caught, "nothing was thrown");
        PullWhole(0, 0, withDigest: true);
        Finish();
    }
}
