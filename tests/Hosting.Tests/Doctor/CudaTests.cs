using System.Text.Json;
using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class CudaTests
{
    private const string Wanted = "cascade.tiers.gpu.capacity = 8GiB";

    private const string GoesWithout = "a node starts without the device memory that cascade.tiers.gpu asks for";

    private static readonly CudaDevice Device = new("NVIDIA H200", 150L * TestMachine.GiB, "9.0") { FreeBytes = 149L * TestMachine.GiB };

    private readonly TestMachine _machine = new();

    [Fact]
    public void Devices_of_a_kind_are_told_together_and_what_is_free_of_each()
    {
        Says(Device, Device with { FreeBytes = null });
        var finding = Examine();
        Assert.Equal(
            (CheckStatus.Ok, "CUDA 12.4, 2 x NVIDIA H200 of 150 GiB (compute capability 9.0), free: 149 GiB, not known", "not used: cascade.tiers.gpu asks for no device memory"),
            (finding.Status, finding.Found, finding.Effect));
        Says(Device with { FreeBytes = null });
        Assert.EndsWith("(compute capability 9.0)", Examine().Found, StringComparison.Ordinal);
        Assert.Equal((CheckStatus.Ok, "keeps blocks in 8 GiB of each device"), StatusAndEffect(Examine(Wanted)));
        Assert.Equal((CheckStatus.Ok, "keeps blocks in 25.0 % of what is free of each device that is named"), StatusAndEffect(Examine("cascade.tiers.gpu.free-share = 0.25", "cascade.tiers.gpu.devices = [0]")));
    }

    [Fact]
    public void Driver_without_a_device_is_a_problem_only_when_device_memory_is_asked_for()
    {
        Says();
        Assert.Equal((CheckStatus.Ok, "CUDA 12.4, no device"), StatusAndFound(Examine()));
        Assert.Equal((CheckStatus.Problem, GoesWithout), StatusAndEffect(Examine(Wanted)));
        Assert.Equal(CheckStatus.Ok, Examine(Wanted, "cascade.node.client = true").Status);
    }

    [Fact]
    public void Absent_driver_is_ok_unless_something_asks_for_it_or_the_kernel_has_its_side()
    {
        Assert.Equal((CheckStatus.Ok, "no CUDA driver"), StatusAndFound(Examine()));
        Assert.Equal((CheckStatus.Problem, GoesWithout), StatusAndEffect(Examine(Wanted)));
        Assert.Equal(CheckStatus.Problem, Examine("cascade.tiers.gpu.free-share = 0.5").Status);
        _machine.Texts["/proc/driver/nvidia/version"] = "NVRM version: 550\nGCC";
        Assert.Equal((CheckStatus.Note, "the kernel has NVIDIA's module (NVRM version: 550), and libcuda.so.1 is not there"), StatusAndFound(Examine()));
        Assert.Equal(CheckStatus.Problem, Examine(Wanted).Status);
        _machine.Texts["/dev/nvidiactl"] = "";
        Assert.Equal((CheckStatus.Note, "/dev/nvidiactl is there, and libcuda.so.1 is not"), StatusAndFound(Examine()));
    }

    [Fact]
    public void Driver_that_fails_or_hangs_is_noted_and_a_problem_where_it_is_wanted()
    {
        _machine.Probes["cuda"] = Answer(new CudaDriver(true, "11.8", [], "the CUDA driver is for CUDA 11.8, older than 12.0"));
        Assert.Equal((CheckStatus.Note, "CUDA 11.8, not usable (the CUDA driver is for CUDA 11.8, older than 12.0)"), StatusAndFound(Examine()));
        Assert.Equal((CheckStatus.Problem, GoesWithout), StatusAndEffect(Examine(Wanted)));
        _machine.Probes["cuda"] = new ProgramOutcome(null, "", "killed after 3 s");
        Assert.Equal((CheckStatus.Note, "asking the CUDA driver did not end (killed after 3 s)"), StatusAndFound(Examine()));
        Assert.Equal((CheckStatus.Problem, "a node that loads it would end, or hang, in the same way"), StatusAndEffect(Examine(Wanted)));
    }

    [Fact]
    public void Device_that_cannot_give_what_a_node_needs_is_a_problem()
    {
        Says(Device, Device with { FreeBytes = 32 << 20 });
        Assert.Equal(
            (CheckStatus.Problem, "a node does not start: device 1 would give 32 MiB, less than cascade.tiers.gpu.min-capacity of 64 MiB"), StatusAndEffect(Examine(Wanted)));
        Assert.Equal(CheckStatus.Ok, Examine(Wanted, "cascade.tiers.gpu.devices = [0]").Status);
        Says(Device with { FreeBytes = 2 * TestMachine.GiB });
        Assert.Equal((CheckStatus.Note, "a node takes at most 2 GiB of device 0 in place of 8 GiB"), StatusAndEffect(Examine(Wanted)));
        Assert.Equal(CheckStatus.Problem, Examine(Wanted, "cascade.tiers.gpu.min-capacity = 4GiB").Status);
        Assert.Equal(CheckStatus.Problem, Examine("cascade.tiers.gpu.free-share = 0.25", "cascade.tiers.gpu.min-capacity = 1GiB").Status);
        Assert.Equal(CheckStatus.Ok, Examine("cascade.tiers.gpu.free-share = 0.5", "cascade.tiers.gpu.min-capacity = 1GiB").Status);
    }

    [Fact]
    public void Device_that_is_not_there_or_cannot_be_used_is_a_problem()
    {
        Says(Device with { FreeBytes = null, Fault = "all CUDA-capable devices are busy" });
        var (status, effect) = StatusAndEffect(Examine(Wanted, "cascade.tiers.gpu.devices = [0, 3]"));
        Assert.Equal(
            (CheckStatus.Problem, "a node does not start: device 0 cannot be used (all CUDA-capable devices are busy); a node does not start: there is no device 3"), (status, effect));
        Assert.Equal(CheckStatus.Ok, Examine().Status);
    }

    private void Says(params CudaDevice[] devices) => _machine.Probes["cuda"] = Answer(new CudaDriver(true, "12.4", devices, null));

    private static ProgramOutcome Answer(CudaDriver driver) => new(0, JsonSerializer.Serialize(driver), "");

    private Finding Examine(params string[] settings) => _machine.Examine(machine => new CudaCheck(machine), settings);

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);

    private static (CheckStatus Status, string Effect) StatusAndEffect(Finding finding) => (finding.Status, finding.Effect);
}
