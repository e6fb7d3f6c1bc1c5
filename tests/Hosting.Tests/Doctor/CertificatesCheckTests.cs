using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Tests.Security;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class CertificatesCheckTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly TlsFolder _folder;
    private readonly TestMachine _machine;

    public CertificatesCheckTests()
    {
        _folder = new TlsFolder(_time);
        _machine = new TestMachine { Time = _time };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void None_is_fine_on_loopback_and_noted_where_anyone_may_connect()
    {
        Assert.Equal(CheckStatus.Ok, Examine().Status);
        Assert.Equal(CheckStatus.Note, Examine("cascade.remoting.insecure=true").Status);
    }

    [Fact]
    public void Certificate_is_told_with_its_authority_and_days()
    {
        var finding = Examine(Settings("node0.pem", "node0.key"));
        Assert.Equal(CheckStatus.Ok, finding.Status);
        Assert.Matches("^CN=node0, signed by CN=Cascade authority [0-9a-f]+, valid until 2030-06-16 12:30 UTC, 30 days$", finding.Found);
    }

    [Theory]
    [InlineData(1, "expired; make", 29)]
    [InlineData(25, "expires at", 5)]
    public void End_that_is_near_is_noted_once(int daysLater, string words, int daysLeft)
    {
        _time.Now += TimeSpan.FromDays(daysLater);
        var finding = Examine(Settings("node0.pem", "node0.key"));
        Assert.Equal(CheckStatus.Note, finding.Status);
        Assert.EndsWith($", {daysLeft} days", finding.Found, StringComparison.Ordinal);
        Assert.Contains(words, $"{finding.Effect}; {finding.Cure}", StringComparison.Ordinal);
        Assert.DoesNotContain("; ", finding.Effect, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_that_others_can_read_is_noted_with_its_cure()
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.In("node0.key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var finding = Examine(Settings("node0.pem", "node0.key"));
        Assert.Equal((CheckStatus.Note, "run 'chmod 600' on it"), (finding.Status, finding.Cure));
    }

    [Theory]
    [InlineData("node0.pem", "node1.key", "is not the key of")]
    [InlineData("none.pem", "node0.key", "is not there")]
    public void Files_that_do_not_do_are_a_problem_in_words(string certificate, string key, string words)
    {
        var finding = Examine(Settings(certificate, key));
        Assert.Equal(CheckStatus.Problem, finding.Status);
        Assert.Contains(words, finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_that_has_expired_is_a_problem()
    {
        _time.Now += TimeSpan.FromDays(31);
        var finding = Examine(Settings("node0.pem", "node0.key"));
        Assert.Equal(CheckStatus.Problem, finding.Status);
        Assert.Contains("expired at 2030-06-16 12:30 UTC", finding.Found, StringComparison.Ordinal);
    }

    private string[] Settings(string certificate, string key) =>
    [
        $"cascade.remoting.tls.certificate=\"{_folder.In(certificate)}\"", $"cascade.remoting.tls.key=\"{_folder.In(key)}\"",
        $"cascade.remoting.tls.ca=\"{_folder.In("ca.pem")}\"",
    ];

    private Finding Examine(params string[] settings) => _machine.Examine(machine => new CertificatesCheck(machine), settings);
}
