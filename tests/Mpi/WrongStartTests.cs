using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Mpi.Tests;

public sealed class WrongStartTests
{
    private static readonly MpiOptions Options = new() { ClusterName = "test", Node = new NodeId(1) };

    [Fact]
    public void A_start_without_a_starter_is_right() => Assert.Null(Fault(1));

    [Fact]
    public void Tasks_that_MPI_sees_all_of_are_right() => Assert.Null(Fault(4, ("SLURM_NTASKS", "4")));

    [Fact]
    public void Tasks_that_MPI_does_not_see_are_refused_with_the_cure()
    {
        Assert.Contains("srun --mpi=pmi2", Fault(1, ("SLURM_NTASKS", "4")), StringComparison.Ordinal);
        Assert.Contains("4 tasks", Fault(1, ("SLURM_NTASKS", "4")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_steps_own_number_of_tasks_goes_before_the_jobs() =>
        Assert.Null(Fault(2, ("SLURM_NTASKS", "4"), ("SLURM_STEP_NUM_TASKS", "2")));

    [Fact]
    public void A_number_that_is_none_says_nothing() => Assert.Null(Fault(1, ("SLURM_NTASKS", "many")));

    [Fact]
    public void A_start_by_the_other_MPI_is_refused_by_name() =>
        Assert.Contains("Open MPI", Fault(1, ("OMPI_COMM_WORLD_SIZE", "3")), StringComparison.Ordinal);

    [Theory]
    [InlineData("MPICH Version:\t4.0.2\nMPICH Release date: ...", MpiLibraryKind.Usable)]
    [InlineData("Intel(R) MPI Library 2021.9 for Linux* OS\n", MpiLibraryKind.Usable)]
    [InlineData("MVAPICH2 Version      :\t2.3.7", MpiLibraryKind.Usable)]
    [InlineData("MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)", MpiLibraryKind.Usable)]
    [InlineData("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", MpiLibraryKind.Foreign)]
    [InlineData("Some MPI 1.0", MpiLibraryKind.Foreign)]
    [InlineData(null, MpiLibraryKind.Foreign)]
    public void A_library_is_judged_by_what_it_says_of_itself(string? version, object kind) =>
        Assert.Equal(kind, MpiLibrary.Judge("libmpi.so.12", version).Kind);

    [Fact]
    public void Another_ABI_is_refused_by_name_with_the_cure()
    {
        var probe = MpiLibrary.Judge("libmpi.so.40", "Open MPI v4.1.4, package");
        Assert.Contains("Open MPI v4.1.4", probe.Message, StringComparison.Ordinal);
        Assert.Contains("install MPICH", probe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_library_is_absent_with_the_cure()
    {
        var probe = MpiLibrary.Find(["libcascade-nothing.so.1"], ["libcascade-nothing.so.2"], out var library);
        Assert.Equal((MpiLibraryKind.Absent, (nint)0), (probe.Kind, library));
        Assert.Contains("install MPICH", probe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_no_MPI_is_foreign() =>
        Assert.Equal(MpiLibraryKind.Foreign, MpiLibrary.Find(["libc.so.6"], [], out _).Kind);

    [Fact]
    public void Cards_that_fit_become_peers_in_the_order_of_ranks()
    {
        var peers = RankCard.ToPeers([Card(7), Card(3)]);
        Assert.Equal([(new NodeId(7), 0), (new NodeId(3), 1)], peers.Select(static peer => (peer.Node, peer.Rank)));
        Assert.Equal(new ArenaLayout(64, 8 << 20), peers[1].Layout);
    }

    [Fact]
    public void Cards_of_one_node_are_refused() =>
        Assert.Contains("ranks 0 and 2", Assert.Throws<MpiRefusedException>(() => RankCard.ToPeers([Card(7), Card(3), Card(7)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Cards_of_two_clusters_digests_or_versions_are_refused()
    {
        var layout = new ArenaLayout(64, 8 << 20);
        Assert.Throws<MpiRefusedException>(() => RankCard.ToPeers([Card(7), RankCard.Of(Options with { ClusterName = "other" }, layout)]));
        Assert.Throws<MpiRefusedException>(() => RankCard.ToPeers([Card(7), RankCard.Of(Options with { DigestAlgorithm = DigestAlgorithm.Sha256 }, layout)]));
        Assert.Throws<MpiRefusedException>(() => RankCard.ToPeers([Card(7), default]));
    }

    private static RankCard Card(uint node) => RankCard.Of(Options with { Node = new NodeId(node) }, new ArenaLayout(64, 8 << 20));

    private static string? Fault(int size, params (string Name, string Value)[] variables) =>
        WrongStart.FindFault(name => variables.FirstOrDefault(variable => variable.Name == name).Value, size);
}
