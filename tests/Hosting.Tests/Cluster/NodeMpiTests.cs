using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Configuration;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Tests.Cluster;

public sealed class NodeMpiTests
{
    private static readonly MpiLibraryProbe Usable = new(MpiLibraryKind.Usable, "libmpich.so.12", "MPICH Version: 4.0.2", "MPICH Version: 4.0.2 (libmpich.so.12)");
    private static readonly MpiLibraryProbe Absent = new(MpiLibraryKind.Absent, "", "", "no MPI library was found: install MPICH");

    [Theory]
    [InlineData("auto", "", "the node was not started by srun or mpiexec")]
    [InlineData("auto", "SLURM_STEP_NUM_TASKS=1", "the node was not started by srun or mpiexec")]
    [InlineData("auto", "SLURM_STEP_NUM_TASKS=4", null)]
    [InlineData("auto", "PMI_RANK=0", null)]
    [InlineData("auto", "PMIX_RANK=0", null)]
    [InlineData("mpi", "", null)]
    [InlineData("mpi\ncascade.node.client = yes", "PMI_RANK=0", "the node is a client")]
    public void Node_uses_MPI_where_it_was_started_by_it_or_is_told_to(string fabric, string variable, string? expected) =>
        Assert.Equal(expected, WhyNot(fabric, variable, Usable));

    [Fact]
    public void Missing_library_is_told_and_is_refused_where_MPI_is_named()
    {
        Assert.Equal("no MPI library was found: install MPICH", WhyNot("auto", "PMI_RANK=0", Absent));
        var refused = Assert.Throws<NodeRefusedException>(() => WhyNot("[shm, mpi]", "", Absent));
        Assert.Equal(
            "cascade.fabric names mpi, and it cannot be used: no MPI library was found: install MPICH. Or set cascade.fabric = shm for a node without MPI.", refused.Message);
    }

    private static string? WhyNot(string fabric, string variable, MpiLibraryProbe probe) => NodeMpi.WhyNot(
        ConfigurationTesting.Load(null, null, $"cascade.fabric = {fabric}").Options,
        name => variable.StartsWith($"{name}=", StringComparison.Ordinal) ? variable[(name.Length + 1)..] : null,
        () => probe);
}
