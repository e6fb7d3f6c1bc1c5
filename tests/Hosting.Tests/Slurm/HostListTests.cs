using System.Globalization;
using Cascade.Hosting.Slurm;

namespace Cascade.Hosting.Tests.Slurm;

public sealed class HostListTests
{
    [Theory]
    [InlineData("n1", "n1")]
    [InlineData("n[1-3]", "n1 n2 n3")]
    [InlineData("n[1,3-4]", "n1 n3 n4")]
    [InlineData("n[4,1-2]", "n4 n1 n2")]
    [InlineData("n[001-003,20]", "n001 n002 n003 n20")]
    [InlineData("n[08-11]", "n08 n09 n10 n11")]
    [InlineData("n[098-101]", "n098 n099 n100 n101")]
    [InlineData("n[9-10]", "n9 n10")]
    [InlineData("n[000]", "n000")]
    [InlineData("r[1-2]n[0-2]", "r1n0 r1n1 r1n2 r2n0 r2n1 r2n2")]
    [InlineData("r[1-2]n[00-01]-ib", "r1n00-ib r1n01-ib r2n00-ib r2n01-ib")]
    [InlineData("n[1-2].rack-7.site", "n1.rack-7.site n2.rack-7.site")]
    [InlineData("login,n[1-2],gpu_a,m[5]x", "login n1 n2 gpu_a m5x")]
    [InlineData("[1-2]", "1 2")]
    [InlineData("a[1-2][3-4]", "a13 a14 a23 a24")]
    [InlineData("n[1-2],n[2-3]", "n1 n2 n2 n3")]
    public void List_is_written_out_in_the_order_of_node_numbers(string text, string expected)
    {
        Assert.True(HostList.TryExpand(text, out var names, out var reason), reason);
        Assert.Equal(expected.Split(' '), names);
    }

    [Theory]
    [InlineData("", "a name is empty")]
    [InlineData(",", "a name is empty")]
    [InlineData("n1,", "a name is empty")]
    [InlineData(",n1", "a name is empty")]
    [InlineData("n[1-3", "'n[1-3' lacks a closing bracket")]
    [InlineData("n[1,2", "'n[1,2' lacks a closing bracket")]
    [InlineData("n1-3]", "'n1-3]' is no host name")]
    [InlineData("n[]", "'' is no number or range of numbers")]
    [InlineData("n[1,]", "'' is no number or range of numbers")]
    [InlineData("n[1-]", "'1-' is no number or range of numbers")]
    [InlineData("n[-1]", "'-1' is no number or range of numbers")]
    [InlineData("n[1-2-3]", "'1-2-3' is no number or range of numbers")]
    [InlineData("n[a-c]", "'a-c' is no number or range of numbers")]
    [InlineData("n[ 1]", "' 1' is no number or range of numbers")]
    [InlineData("n[1[2]]", "'1[2' is no number or range of numbers")]
    [InlineData("n[3-1]", "the range '3-1' goes backwards")]
    [InlineData("n[1-9999999999999999999]", "'1-9999999999999999999' is no number or range of numbers")]
    [InlineData("n 1", "'n 1' is no host name")]
    [InlineData("n1;reboot", "'n1;reboot' is no host name")]
    [InlineData("n[1-65537]", "'1-65537' stands for more than 65536 numbers")]
    [InlineData("n[0-999999999999999999]", "'0-999999999999999999' stands for more than 65536 numbers")]
    [InlineData("n[1-300]m[1-300]", "it has more than 65536 names")]
    [InlineData("n[1-65536],x", "it has more than 65536 names")]
    public void Malformed_list_is_refused_in_words(string text, string expected)
    {
        Assert.False(HostList.TryExpand(text, out var names, out var reason));
        Assert.Equal(expected, reason);
        Assert.Empty(names);
    }

    [Fact]
    public void Longest_list_is_taken_whole()
    {
        Assert.True(HostList.TryExpand("n[00001-65536]", out var names, out _));
        Assert.Equal(65536, names.Length);
        for (var at = 0; at < names.Length; at++)
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"n{at + 1:00000}"), names[at]);
    }
}
