using System.Diagnostics;
using Cascade.Core.Fabric;
using Cascade.Tiers.Native;

namespace Cascade.Ranks;

/// <summary>Scenarios that measure.</summary>
internal sealed partial class Part
{
    private const int BigBytes = 160 << 20;

    /// <summary>What a rank costs while nobody does anything, in percent of a core.</summary>
    private void Idle()
    {
        Start([4096]);
        Meet("started");
        Thread.Sleep(1000);
        using var process = Process.GetCurrentProcess();
        var (cpu, from) = (process.TotalProcessorTime, Stopwatch.StartNew());
        Thread.Sleep(3000);
        process.Refresh();
        Figure("idle_cpu_percent", 100 * (process.TotalProcessorTime - cpu) / from.Elapsed);
        Meet("measured");
        Finish();
    }

    /// <summary>Rank 0 pulls small blocks from rank 1, alone and then while another thread pulls 160 MB from there again and again.</summary>
    private void Beside()
    {
        Start([4096, BigBytes]);
        Meet("started");
        if (Fabric.Rank == 0)
        {
            using var landing = new Landing(4096);
            SmallPullMicroseconds(landing, 500);
            var alone = SmallPullMicroseconds(landing, 1000);
            var enough = false;
            var rounds = 0;
            using var bigLanding = new Landing(BigBytes);
            var big = new Thread(() =>
            {
                for (; !Volatile.Read(ref enough); rounds++)
                    Require(Pull(CopyAt(1, 1), bigLanding).Outcome == PullOutcome.Done, "a big pull failed");
            });
            big.Start();
            SmallPullMicroseconds(landing, 50);
            var beside = SmallPullMicroseconds(landing, 500);
            Volatile.Write(ref enough, true);
            big.Join();
            landing.Require(Content.Of(1, 0, 4096));
            bigLanding.Require(Content.Of(1, 1, BigBytes));
            Figure("big_rounds", rounds);
            Figure("alone_p50_us", alone);
            Figure("beside_p50_us", beside);
            Figure("ratio", beside / alone);
        }

        Meet("measured");
        Finish();
    }

    private double SmallPullMicroseconds(Landing landing, int rounds)
    {
        var times = new double[rounds];
        for (var i = 0; i < rounds; i++)
        {
            var from = Stopwatch.GetTimestamp();
            var result = Pull(CopyAt(1, 0), landing);
            times[i] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
            Require(result.Outcome == PullOutcome.Done, $"{result}");
        }

        Array.Sort(times);
        return times[rounds / 2];
    }

    /// <summary>Rank 0 reads 16 MiB from rank 1 by the bare calls and through the fabric, in turn.</summary>
    private void Bare()
    {
        const int Length = 16 << 20;
        Start([Length]);
        Meet("started");
        if (Fabric.Rank == 0)
        {
            using var landing = new Landing(Length);
            var (bare, fabric) = (new List<double>(), new List<double>());
            for (var round = 0; round < 60; round++)
            {
                var from = Stopwatch.GetTimestamp();
                ReadBare(landing, Length);
                bare.Add(Length / Stopwatch.GetElapsedTime(from).TotalSeconds / 1e9);
                from = Stopwatch.GetTimestamp();
                var result = Pull(CopyAt(1, 0), landing);
                fabric.Add(Length / Stopwatch.GetElapsedTime(from).TotalSeconds / 1e9);
                Require(result.Outcome == PullOutcome.Done, $"{result}");
            }

            landing.Require(Content.Of(1, 0, Length));
            Figure("bare_gbps", Median(bare));
            Figure("get_gbps", Median(fabric));
            Figure("ratio", Median(fabric) / Median(bare));
        }

        Meet("measured");
        Finish();
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private void ReadBare(Landing landing, int length)
    {
        var world = Fabric.World!;
        const int PieceBytes = 1 << 20;
        const int InFlight = 4;
        var requests = new int[InFlight];
        var copy = CopyAt(1, 0);
        var payload = world.Peers[1].Layout.PayloadOffset + copy.OffsetBytes;
        for (var piece = 0; piece < (length / PieceBytes) + InFlight; piece++)
        {
            if (piece >= InFlight)
                Finish(ref requests[piece % InFlight]);
            if (piece < length / PieceBytes)
            {
                var at = (long)piece * PieceBytes;
                var code = Mpi.MPI_Rget(
                    landing.Target.Address + (nint)at, PieceBytes, Mpi.MPI_BYTE, 1, (nint)(payload + at), PieceBytes, Mpi.MPI_BYTE, world.Window,
                    out requests[piece % InFlight]);
                MpiException.Check(code, "MPI_Rget");
            }
        }

        static void Finish(ref int request)
        {
            int flag;
            do
                MpiException.Check(Mpi.MPI_Test(ref request, out flag, Mpi.MPI_STATUS_IGNORE), "MPI_Test");
            while (flag == 0);
        }
    }
}
