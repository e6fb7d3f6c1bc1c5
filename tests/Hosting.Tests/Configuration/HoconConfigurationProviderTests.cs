using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;
using Microsoft.Extensions.Configuration;

namespace Cascade.Hosting.Tests.Configuration;

public sealed class HoconConfigurationProviderTests
{
    [Fact]
    public void Tree_is_flattened_with_colons_and_indices()
    {
        var configuration = Build("a { b.c = 1, d = [x, [y], { e = 64KiB }] }, n = null, s = \"\", ea = [], eo {}, t = true");
        Assert.Equal(
            ["a:b:c=1", "a:d:0=x", "a:d:1:0=y", "a:d:2:e=64KiB", "ea=", "s=", "t=true"],
            configuration.AsEnumerable().Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("1", configuration["A:B:C"]);
        Assert.Null(configuration["n"]);
    }

    [Fact]
    public void Later_source_wins_over_reference_and_file()
    {
        using var file = new TemporaryFile("cascade.node.id = 1, cascade.leases.max = 2");
        var configuration = new ConfigurationBuilder()
            .AddHoconReference()
            .AddHoconFile(file.Path!)
            .AddHoconString("cascade.node.id = 3")
            .Build();
        Assert.Equal(("3", "2", "cascade"), (configuration["cascade:node:id"], configuration["cascade:leases:max"], configuration["cascade:cluster:name"]));
    }

    [Fact]
    public void Loaded_configuration_can_be_added()
    {
        var loaded = ConfigurationTesting.Load("cascade.node.id = 9");
        Assert.Equal("9", new ConfigurationBuilder().AddCascade(loaded).Build()["cascade:node:id"]);
    }

    [Fact]
    public void Missing_file_is_an_error_unless_optional()
    {
        Assert.Empty(new ConfigurationBuilder().AddHoconFile("/nonexistent/x.conf", optional: true).Build().AsEnumerable());
        var exception = Assert.Throws<FileNotFoundException>(() => new ConfigurationBuilder().AddHoconFile("/nonexistent/x.conf").Build());
        Assert.Equal("The configuration file '/nonexistent/x.conf' does not exist; create it, or make it optional.", exception.Message);
    }

    [Fact]
    public void Malformed_text_and_colliding_keys_are_errors()
    {
        Assert.Equal("text:1:5: expected a value for the key 'a', found '}'.", Assert.Throws<HoconException>(() => Build("a = }")).Message);
        Assert.Equal(
            "text:2:3: the key 'a:B' is there twice once upper and lower case count the same; rename one.",
            Assert.Throws<HoconException>(() => Build("a.b = 1\na.B = 2")).Message);
    }

    private static IConfigurationRoot Build(string text) => new ConfigurationBuilder().AddHoconString(text).Build();
}
