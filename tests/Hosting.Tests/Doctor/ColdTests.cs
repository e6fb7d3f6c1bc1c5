using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class ColdTests
{
    private const long GiB = TestMachine.GiB;
    private const string Data = "cascade.tiers.cold.directory=/data";
    private const string Lustre = "cascade.tiers.cold.directory=/scratch";
    private readonly TestMachine _machine = new();

    [Fact]
    public void Without_a_directory_there_is_nothing_to_judge()
    {
        foreach (var check in (Func<Machine, ICheck>[])[m => new ColdDirectoryCheck(m), m => new DirectIoCheck(m), m => new StripingCheck(m)])
            Assert.Equal((CheckStatus.Ok, "no directory is configured"), StatusAndFound(_machine.Examine(check)));
        Assert.Null(_machine.DirectIoAt);
    }

    [Fact]
    public void Directory_is_told_with_its_file_system_and_room() => Assert.Equal(
        Finding.Ok("/data (ext4), 200 GiB free of 400 GiB", "keeps up to 100 GiB there in files of 256 MiB"), Directory(Data));

    [Fact]
    public void Directory_that_is_not_there_is_judged_by_the_nearest_that_is()
    {
        const string Setting = "cascade.tiers.cold.directory=/scratch/a/b";
        Assert.StartsWith("/scratch/a/b, not made yet, in /scratch (lustre), ", Directory(Setting).Found, StringComparison.Ordinal);
        _ = _machine.Examine(machine => new DirectIoCheck(machine), Setting);
        Assert.Equal("/scratch", _machine.DirectIoAt);
    }

    [Theory]
    [InlineData("tmpfs", "takes memory")]
    [InlineData("overlay", "ends with the container")]
    [InlineData("nfs4", "a server")]
    public void File_systems_that_do_not_suit_are_noted(string kind, string effect)
    {
        _machine.Texts["/proc/self/mountinfo"] += $"\n30 27 0:60 / /data rw - {kind} x rw";
        var finding = Directory(Data);
        Assert.Equal(CheckStatus.Note, finding.Status);
        Assert.Contains($"({kind})", finding.Found, StringComparison.Ordinal);
        Assert.Contains(effect, finding.Effect, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_of_one_machine_that_is_to_be_shared_is_noted()
    {
        Assert.Equal(CheckStatus.Note, Directory(Data, "cascade.tiers.cold.shared=true").Status);
        Assert.Equal(CheckStatus.Ok, Directory(Lustre, "cascade.tiers.cold.shared=true").Status);
    }

    [Fact]
    public void Disk_that_fills_up_before_the_tier_does_is_noted_and_files_that_are_there_count()
    {
        _machine.Space = new(400 * GiB, 50 * GiB);
        var finding = Directory(Data);
        Assert.Equal(CheckStatus.Note, finding.Status);
        Assert.StartsWith("set cascade.tiers.cold.capacity to 51200MiB at most", finding.Cure, StringComparison.Ordinal);
        _machine.Files["/data/agg_rank001_000001.bin"] = 60 * GiB;
        Assert.Equal(CheckStatus.Note, Directory(Data).Status);
        _machine.Files["/data/agg_rank000_000001.bin"] = 60 * GiB;
        Assert.Equal((CheckStatus.Ok, "/data (ext4), 50 GiB free of 400 GiB, 60 GiB in files of this node"), StatusAndFound(Directory(Data)));
    }

    [Fact]
    public void Disk_without_room_for_a_few_files_is_a_problem()
    {
        _machine.Space = new(400 * GiB, GiB / 2);
        Assert.Equal(CheckStatus.Problem, Directory(Data).Status);
    }

    [Fact]
    public void Direct_transfers_are_ok_refused_or_a_problem()
    {
        Assert.Equal((CheckStatus.Ok, "O_DIRECT works in /data"), StatusAndFound(DirectIo()));
        _machine.DirectIo = new(DirectIoResult.Refused, "Invalid argument");
        Assert.Equal((CheckStatus.Note, "/data refuses O_DIRECT (Invalid argument)"), StatusAndFound(DirectIo()));
        _machine.DirectIo = new(DirectIoResult.Failed, "Permission denied");
        Assert.Equal((CheckStatus.Problem, "no file can be written in /data (Permission denied)"), StatusAndFound(DirectIo()));
    }

    [Fact]
    public void Striping_is_for_lustre_alone()
    {
        Assert.Equal(Finding.Ok("/data is not on Lustre", "nothing to stripe"), Striping(Data));
        Assert.Empty(_machine.Commands);
    }

    [Fact]
    public void Striping_without_its_program_is_noted() =>
        Assert.Equal((CheckStatus.Note, "/scratch is on Lustre, and 'lfs' is not on the PATH"), StatusAndFound(Striping(Lustre)));

    [Fact]
    public void Striping_is_told_as_it_is_and_as_it_will_be()
    {
        _machine.OnPath.Add("lfs");
        _machine.Ran = new(0, "stripe_count:  1 stripe_size:   1048576\n pattern: raid0", "");
        Assert.Equal(
            Finding.Ok("/scratch is on Lustre, now with stripe_count: 1 stripe_size: 1048576 pattern: raid0", "spreads new files over 16 targets in stripes of 4 MiB"),
            Striping(Lustre));
        Assert.Equal(["/usr/bin/lfs getstripe -d /scratch"], _machine.Commands);
        Assert.EndsWith("over all targets in stripes of 4 MiB", Striping(Lustre, "cascade.tiers.cold.stripe-count=-1").Effect, StringComparison.Ordinal);
    }

    [Fact]
    public void Striping_whose_program_fails_is_noted()
    {
        _machine.OnPath.Add("lfs");
        _machine.Ran = new(null, "", "killed after 2 s");
        Assert.Equal((CheckStatus.Note, "/scratch is on Lustre, and /usr/bin/lfs fails (killed after 2 s)"), StatusAndFound(Striping(Lustre)));
    }

    [Theory]
    [InlineData("/", "ext4")]
    [InlineData("/scratchy", "ext4")]
    [InlineData("/scratch", "lustre")]
    [InlineData("/scratch/a", "lustre")]
    [InlineData("/with space/a", "xfs")]
    [InlineData("/dev/shm", "tmpfs")]
    public void Mount_of_a_path_is_the_one_nearest_above(string path, string kind) => Assert.Equal(kind, MountTable.Read(_machine).Of(path)!.Kind);

    [Fact]
    public void Mount_that_came_later_hides_one_at_the_same_place()
    {
        _machine.Texts["/proc/self/mountinfo"] += "\n31 27 0:61 / /scratch rw - btrfs x rw\nnot a mount";
        Assert.Equal("btrfs", MountTable.Read(_machine).Of("/scratch/a")!.Kind);
        _machine.Texts.Clear();
        Assert.Null(MountTable.Read(_machine).Of("/scratch/a"));
    }

    private Finding Directory(params string[] settings) => _machine.Examine(machine => new ColdDirectoryCheck(machine), settings);

    private Finding DirectIo() => _machine.Examine(machine => new DirectIoCheck(machine), Data);

    private Finding Striping(params string[] settings) => _machine.Examine(machine => new StripingCheck(machine), settings);

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);
}
