using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

public sealed class ConfigurationPrinterTests
{
    [Fact]
    public void Every_value_is_shown_with_its_origin()
    {
        using var file = new TemporaryFile("cascade {\n  tracker.promote-after-hits = 7\n  tiers.shm.directory = \"/x y\"\n}");
        var lines = ConfigurationPrinter.Print(CascadeConfiguration.Load(new ConfigurationSources
        {
            FilePath = file.Path,
            Environment = new Dictionary<string, string> { ["CASCADE__NODE__ID"] = "16" },
            Overrides = ["cascade.leases.max = 5"],
        })).Split('\n').Select(line => line.TrimStart()).ToList();
        Assert.Contains($"{"    promote-after-hits = 7",-48} # {file.Path}:2".TrimStart(), lines);
        Assert.Contains($"{"      directory = \"/x y\"",-48} # {file.Path}:3".TrimStart(), lines);
        Assert.Contains($"{"    id = \"16\"",-48} # environment CASCADE__NODE__ID".TrimStart(), lines);
        Assert.Contains($"{"    max = 5",-48} # command line".TrimStart(), lines);
        Assert.Contains($"{"    digest = blake3",-48} # reference".TrimStart(), lines);
    }

    [Fact]
    public void Text_shown_loads_again_to_the_same_options_and_text()
    {
        var first = ConfigurationTesting.Load("cascade { tiers.shm { directory = \"/a # \\\"b\\\" \\n ${c}\", mode = 0660, capacity = 1.5 GiB } }");
        var printed = ConfigurationPrinter.Print(first);
        var again = ConfigurationTesting.Load(printed);
        Assert.Equal(first.Options, again.Options);
        Assert.Equal(HoconTesting.Json(first.Values), HoconTesting.Json(again.Values));
    }

    [Theory]
    [InlineData("a = 1, b = \"1\", c = true, d = \"true\", e = null, f = \"null\", g = \"\", h = \" x \", i = 30 s")]
    [InlineData("a = [1, [x, { b = \"c d\" }], {}], c {}, d { e {} }")]
    [InlineData("\"a.b\".\"c d\".\"\" = 1, include.x = 2, \"include\" = 3, \"#\" { \"=\" = \"//\" }")]
    [InlineData("a = \"\"\"line\n\"two\"\\ \"\"\", b = \"\\u0001\\u007f\u00e9\\ud83d\\ude00\", c = -1.50E+3, d = 007")]
    public void Any_value_reads_back_the_same(string text)
    {
        var values = HoconTesting.Resolve(text);
        Assert.Equal(HoconTesting.Json(values), HoconTesting.Json(ConfigurationPrinter.Print(values)));
    }

    [Fact]
    public void Secrets_are_hidden()
    {
        var printed = ConfigurationPrinter.Print(HoconTesting.Resolve(
            "password = p1, db-Password = p2, s { client_secret { x = p3 } }, token = [p4], list = [ { apiToken = p5 } ], tokens = shown"));
        Assert.DoesNotMatch("p[1-5]", printed);
        Assert.Equal(
            """{"password":"(hidden)","db-Password":"(hidden)","s":{"client_secret":"(hidden)"},"token":"(hidden)","list":[{"apiToken":"(hidden)"}],"tokens":"shown"}""",
            HoconTesting.Json(printed));
    }

    [Fact]
    public void Line_break_in_a_source_name_does_not_end_the_comment()
    {
        var values = HoconTree.Resolve([HoconTree.Parse(new SourceText(OriginKind.File, "x\ny = 1\r", "a = 1"))], _ => null);
        Assert.Equal($"{"a = 1",-48} # x?y = 1?:1\n", ConfigurationPrinter.Print(values));
    }
}
