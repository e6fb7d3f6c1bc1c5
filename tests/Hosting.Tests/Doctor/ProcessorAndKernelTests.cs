using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class ProcessorAndKernelTests
{
    private readonly TestMachine _machine = new();

    [Fact]
    public void Processors_are_told_with_their_model_and_the_threads_that_hash() => Assert.Equal(
        Finding.Ok("8 processors, AVX2, Test 9000", "hashes 8 chunks of a block at a time with each of 6 threads"),
        _machine.Examine(machine => new ProcessorCheck(machine)));

    [Fact]
    public void One_processor_of_several_and_none_of_the_instructions_are_both_noted()
    {
        _machine.Processor = new(1, "", 1);
        var finding = _machine.Examine(machine => new ProcessorCheck(machine));
        Assert.Equal((CheckStatus.Note, "1 of 8 processors, no vector instructions, Test 9000"), (finding.Status, finding.Found));
        Assert.Contains("; all threads of the node share one processor", finding.Effect, StringComparison.Ordinal);
        Assert.Contains("srun --cpus-per-task", finding.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, CheckStatus.Ok, "the kernel names no NUMA nodes")]
    [InlineData("0", CheckStatus.Ok, "1 NUMA node")]
    [InlineData("0-1,4", CheckStatus.Note, "3 NUMA nodes")]
    public void Numa_nodes_are_counted(string? online, object status, string found)
    {
        _machine.Texts.Remove("/sys/devices/system/node/online");
        if (online is not null)
            _machine.Texts["/sys/devices/system/node/online"] = online;
        var finding = _machine.Examine(machine => new NumaCheck(machine));
        Assert.Equal((status, found), (finding.Status, finding.Found));
    }

    [Theory]
    [InlineData("6.1.0-13-amd64", "0", "65530", CheckStatus.Ok)]
    [InlineData("5.14.0-427.el9", "1", "262144", CheckStatus.Ok)]
    [InlineData("4.18.0-553.el8", "0", "65530", CheckStatus.Note)]
    [InlineData("6.1.0", "2", "65530", CheckStatus.Note)]
    [InlineData("6.1.0", "0", "1024", CheckStatus.Note)]
    public void Kernel_is_judged_by_version_overcommit_and_maps(string release, string overcommit, string maps, object status)
    {
        _machine.Texts["/proc/sys/kernel/osrelease"] = release;
        _machine.Texts["/proc/sys/vm/overcommit_memory"] = overcommit;
        _machine.Texts["/proc/sys/vm/max_map_count"] = maps;
        var finding = _machine.Examine(machine => new KernelCheck(machine));
        Assert.Equal(
            (status, $"Linux {release}, vm.overcommit_memory {overcommit}, vm.max_map_count {maps}"), (finding.Status, finding.Found));
    }

    [Fact]
    public void Clock_in_sync_is_told_with_its_error() => Assert.Equal(
        (CheckStatus.Ok, "synchronized, within 1.5 ms, clocksource tsc"), StatusAndFound(_machine.Examine(machine => new ClockCheck(machine))));

    [Fact]
    public void Clock_out_of_sync_or_slow_to_read_is_noted()
    {
        _machine.Clock = new ClockState(false, TimeSpan.FromSeconds(16));
        _machine.Texts["/sys/devices/system/clocksource/clocksource0/current_clocksource"] = "hpet";
        var finding = _machine.Examine(machine => new ClockCheck(machine));
        Assert.Equal((CheckStatus.Note, "not synchronized, clocksource hpet"), StatusAndFound(finding));
        Assert.Contains("chrony", finding.Cure, StringComparison.Ordinal);
        Assert.Contains("tsc", finding.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void Clock_of_which_nothing_is_told_is_no_fault()
    {
        _machine.Clock = null;
        Assert.Equal(CheckStatus.Ok, _machine.Examine(machine => new ClockCheck(machine)).Status);
    }

    [Theory]
    [InlineData("0-3,8", 5)]
    [InlineData("", 0)]
    [InlineData("x", 0)]
    public void Ranges_of_numbers_are_counted(string text, int count) => Assert.Equal(count, NumberRanges.Count(text));

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);
}
