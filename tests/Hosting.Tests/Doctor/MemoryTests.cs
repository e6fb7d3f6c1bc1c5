using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class MemoryTests
{
    private const long GiB = TestMachine.GiB;
    private const string Large = "cascade.tiers.shm.capacity=20GiB";
    private readonly TestMachine _machine = new();

    [Fact]
    public void Memory_that_the_arena_fits_in_is_told() => Assert.Equal(
        Finding.Ok("16 GiB available of 32 GiB, no limit by a control group", "takes 259.5 MiB for the arena"), Memory());

    [Fact]
    public void Memory_too_small_is_a_problem_with_the_capacity_that_would_fit()
    {
        var finding = Memory(Large);
        Assert.Equal(CheckStatus.Problem, finding.Status);
        Assert.Contains("needs 20.12 GiB", finding.Effect, StringComparison.Ordinal);
        Assert.StartsWith("set cascade.tiers.shm.capacity to 16286MiB at most, ", finding.Cure, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Ok, Memory("cascade.tiers.shm.capacity=16286MiB").Status);
    }

    [Fact]
    public void Arena_that_is_there_needs_no_further_memory()
    {
        _machine.Files["/dev/shm/cascade-cascade-0"] = 21 * GiB;
        Assert.Equal(CheckStatus.Ok, Memory(Large).Status);
        _machine.Files.Clear();
        _machine.Files["/dev/shm/cascade-cascade-1"] = 21 * GiB;
        Assert.Equal(CheckStatus.Problem, Memory(Large).Status);
    }

    [Theory]
    [InlineData("0::/job/step", "/sys/fs/cgroup/job/step/memory.max", "/sys/fs/cgroup/job/step/memory.current")]
    [InlineData("0::/job/step", "/sys/fs/cgroup/job/memory.max", "/sys/fs/cgroup/job/memory.current")]
    [InlineData("0::/", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current")]
    [InlineData("9:name=systemd:/\n4:cpu,memory:/a", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "/sys/fs/cgroup/memory/a/memory.usage_in_bytes")]
    public void Control_group_of_either_kind_or_above_limits_memory(string groups, string limitFile, string usedFile)
    {
        _machine.Texts["/proc/self/cgroup"] = groups;
        _machine.Texts[limitFile] = $"{GiB / 4}";
        _machine.Texts[usedFile] = $"{GiB / 8}";
        var finding = Memory();
        Assert.Equal((CheckStatus.Problem, "16 GiB available of 32 GiB, 128 MiB used of the control group's 256 MiB"), (finding.Status, finding.Found));
        Assert.Contains("the kernel ends the node", finding.Effect, StringComparison.Ordinal);

        _machine.Texts[limitFile] = $"{GiB}";
        Assert.Equal(CheckStatus.Ok, Memory().Status);
        _machine.Texts[usedFile] = $"{GiB * 3 / 4}";
        Assert.Equal(CheckStatus.Note, Memory().Status);
    }

    [Theory]
    [InlineData("max")]
    [InlineData("9223372036854771712")]
    public void Control_group_without_a_limit_is_none(string limit)
    {
        _machine.Texts["/sys/fs/cgroup/memory.max"] = limit;
        Assert.EndsWith("no limit by a control group", Memory().Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Arena_directory_is_told_with_its_room() => Assert.Equal(
        Finding.Ok("/dev/shm (tmpfs), 200 GiB free of 400 GiB", "keeps the arena there, 259.5 MiB for a capacity of 256 MiB"), Shm());

    [Fact]
    public void Arena_directory_too_small_is_a_problem_unless_the_arena_is_there()
    {
        _machine.Space = new(GiB / 4, GiB / 8);
        var finding = Shm();
        Assert.Equal(CheckStatus.Problem, finding.Status);
        Assert.StartsWith("set cascade.tiers.shm.capacity to 125MiB at most, ", finding.Cure, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Ok, Shm("cascade.tiers.shm.capacity=125MiB").Status);
        _machine.Files["/dev/shm/cascade-cascade-0"] = 260 << 20;
        Assert.Equal(CheckStatus.Ok, Shm().Status);
    }

    [Fact]
    public void Arena_directory_without_a_limit_of_its_size_fits_all()
    {
        _machine.Space = new(0, 0);
        Assert.Equal((CheckStatus.Ok, "/dev/shm (tmpfs), no limit of its size"), (Shm().Status, Shm().Found));
    }

    [Fact]
    public void Arena_directory_that_is_missing_or_on_a_disk_is_told()
    {
        Assert.Equal((CheckStatus.Problem, "/none is not there"), StatusAndFound(Shm("cascade.tiers.shm.directory=/none")));
        Assert.Equal((CheckStatus.Note, "/data (ext4), 200 GiB free of 400 GiB"), StatusAndFound(Shm("cascade.tiers.shm.directory=/data")));
    }

    [Theory]
    [InlineData("never", "huge=advise", CheckStatus.Ok)]
    [InlineData("never", "huge=always", CheckStatus.Ok)]
    [InlineData("never", "huge=within_size", CheckStatus.Ok)]
    [InlineData("force", "rw", CheckStatus.Ok)]
    [InlineData("always", "rw", CheckStatus.Note)]
    [InlineData("never", "huge=never", CheckStatus.Note)]
    [InlineData("deny", "huge=advise", CheckStatus.Note)]
    public void Huge_pages_are_granted_by_the_mount_unless_the_kernel_rules(string kernel, string mount, object status)
    {
        _machine.Texts["/sys/kernel/mm/transparent_hugepage/shmem_enabled"] =
            string.Join(' ', new[] { "always", "never", "deny", "force" }.Select(word => word == kernel ? $"[{word}]" : word));
        _machine.Texts["/proc/self/mountinfo"] = _machine.Texts["/proc/self/mountinfo"].Replace("huge=advise", mount, StringComparison.Ordinal);
        var finding = _machine.Examine(machine => new HugePagesCheck(machine));
        Assert.Equal(status, finding.Status);
        Assert.Equal(status is CheckStatus.Ok, finding.Cure is null);
        Assert.Equal(CheckStatus.Ok, _machine.Examine(machine => new HugePagesCheck(machine), "cascade.tiers.shm.huge-pages=false").Status);
    }

    [Fact]
    public void Huge_pages_of_a_disk_are_not_remounted() => Assert.StartsWith(
        "name a directory on a tmpfs", _machine.Examine(machine => new HugePagesCheck(machine), "cascade.tiers.shm.directory=/data").Cure, StringComparison.Ordinal);

    [Fact]
    public void Reserved_huge_pages_are_told_as_lost()
    {
        _machine.Texts["/proc/meminfo"] = "HugePages_Total:     512\nHugepagesize:       2048 kB";
        Assert.Contains(
            "1 GiB reserved as HugePages_Total, which Cascade does not use", _machine.Examine(machine => new HugePagesCheck(machine)).Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unlimited", "unlimited", CheckStatus.Ok, "unlimited may be locked")]
    [InlineData("8388608", "8388608", CheckStatus.Note, "8 MiB may be locked")]
    [InlineData("65536", "unlimited", CheckStatus.Note, "64 KiB may be locked, and unlimited when asked for")]
    [InlineData("1073741824", "1073741824", CheckStatus.Ok, "1 GiB may be locked")]
    public void Locked_memory_is_held_against_the_arena(string soft, string hard, object status, string found)
    {
        _machine.Texts["/proc/self/limits"] = $"Max locked memory         {soft}   {hard}    bytes";
        Assert.Equal((status, found), Boxed(_machine.Examine(machine => new MemlockCheck(machine))));
    }

    [Theory]
    [InlineData("1024", "65536", CheckStatus.Ok, "65,536 files may be open")]
    [InlineData("1024", "1024", CheckStatus.Note, "1,024 files may be open")]
    [InlineData("128", "128", CheckStatus.Problem, "128 files may be open")]
    [InlineData("1024", "unlimited", CheckStatus.Ok, "no limit of open files")]
    public void Open_files_are_judged_by_what_the_runtime_may_raise_them_to(string soft, string hard, object status, string found)
    {
        _machine.Texts["/proc/self/limits"] = $"Max open files         {soft}   {hard}    files";
        Assert.Equal((status, found), Boxed(_machine.Examine(machine => new OpenFilesCheck(machine))));
    }

    private Finding Memory(params string[] settings) => _machine.Examine(machine => new MemoryCheck(machine), settings);

    private Finding Shm(params string[] settings) => _machine.Examine(machine => new ShmCheck(machine), settings);

    private static (object Status, string Found) Boxed(Finding finding) => (finding.Status, finding.Found);

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);
}
