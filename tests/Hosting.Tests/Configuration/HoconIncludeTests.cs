using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

public sealed class HoconIncludeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cascade-hocon-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("include \"b.conf\"")]
    [InlineData("include file(\"b.conf\")")]
    [InlineData("include required(\"b.conf\")")]
    [InlineData("include required(file(\"b.conf\"))")]
    [InlineData("include required( file( \"b.conf\" ) )")]
    [InlineData("include\n  \"b.conf\"")]
    [InlineData("{ include \"b.conf\" }")]
    [InlineData("include \"b\"")]
    [InlineData("include \"missing.conf\", include \"b.conf\"\n")]
    [InlineData("include \"sub/../b.conf\"")]
    public void Every_form_reads_the_file_beside_the_including_one(string text)
    {
        Write("b.conf", "x = 1");
        Assert.Equal("""{"x":1}""", Resolve(text));
    }

    [Fact]
    public void Included_keys_merge_where_the_statement_stands()
    {
        Write("b.conf", "x = 2, o { p = 2, q = 2 }");
        Assert.Equal(
            """{"x":2,"o":{"p":3,"n":1,"q":2},"y":1}""",
            Resolve("x = 1, o { p = 1, n = 1 }, y = 1\ninclude \"b.conf\"\no.p = 3"));
    }

    [Fact]
    public void Substitutions_look_below_the_place_of_inclusion_then_at_the_root()
    {
        Write("b.conf", "x = 10, y = ${x}, z = ${w}, l += ${x}, include \"sub/c.conf\"");
        Write("sub/c.conf", "deep = ${x}");
        Assert.Equal(
            """{"a":{"x":42,"y":42,"z":root,"l":[42],"deep":42},"w":root,"l":[7]}""".Replace("root", "\"root\"", StringComparison.Ordinal),
            Resolve("a { include \"b.conf\" }, a { x = 42 }, w = root, l = [7]"));
    }

    [Fact]
    public void Relative_path_starts_at_the_including_file_not_the_main_one()
    {
        Write("sub/b.conf", "include \"c.conf\"");
        Write("sub/c.conf", "x = sub");
        Write("c.conf", "x = main");
        Assert.Equal("""{"x":"sub"}""", Resolve("include \"sub/b.conf\""));
    }

    [Fact]
    public void Name_without_extension_reads_json_under_hocon()
    {
        Write("b.json", """{"x": 1, "y": 1}""");
        Write("b.conf", "y = 2");
        Assert.Equal("""{"x":1,"y":2}""", Resolve("include \"b\""));
    }

    [Fact]
    public void Missing_file_is_empty_unless_required()
    {
        Assert.Equal("""{"x":1}""", Resolve("include \"none.conf\"\nx = 1"));
        Assert.Equal(
            $"{At("main.conf")}:2:18: the required file '{At("none.conf")}' does not exist; create it, or drop required(...).",
            Error("x = 1\ninclude required(\"none.conf\")"));
    }

    [Theory]
    [InlineData("include url(\"http://x\")", "1:1: only files can be included; copy the text to a file and write include file(\"...\").")]
    [InlineData("include classpath(\"x\")", "1:1: only files can be included; copy the text to a file and write include file(\"...\").")]
    [InlineData("include required(url(\"x\"))", "1:1: only files can be included; copy the text to a file and write include file(\"...\").")]
    [InlineData("include \"https://x/y.conf\"", "1:9: only files can be included, not URLs; copy the text to a file and write its path.")]
    [InlineData("include \"x.properties\"", "1:9: Java properties cannot be included; write the values in a .conf file.")]
    [InlineData("include x", "1:9: expected a quoted file name, file(\"...\"), required(\"...\") or required(file(\"...\")) after 'include', found 'x'.")]
    [InlineData("include = 1", "1:9: expected a quoted file name, file(\"...\"), required(\"...\") or required(file(\"...\")) after 'include', found '='; if it belongs to a text, put the text in double quotes.")]
    [InlineData("include ${x}", "1:9: expected a quoted file name, file(\"...\"), required(\"...\") or required(file(\"...\")) after 'include', found '${'.")]
    [InlineData("include file(\"x\"", "1:17: expected ')' after the file name, found the end of the text.")]
    [InlineData("include \"x\" \"y\"", "1:13: expected a comma, a new line or the end of the text, found the string \"y\".")]
    [InlineData("a = [{ include \"x\" }]", "1:8: include cannot be used inside an array, where its substitutions have no path.")]
    public void Other_forms_are_refused(string text, string error) => Assert.Equal($"{At("main.conf")}:{error}", Error(text));

    [Fact]
    public void Error_in_an_included_file_names_that_file()
    {
        Write("b.conf", "x = 1\ny = }");
        Assert.Equal($"{At("b.conf")}:2:5: expected a value for the key 'y', found '}}'.", Error("include \"b.conf\""));
    }

    [Fact]
    public void Circle_of_includes_is_reported()
    {
        Write("b.conf", "include \"c.conf\"");
        Write("c.conf", "include \"b.conf\"");
        Assert.Equal(
            $"{At("c.conf")}:1:9: the file includes itself: {At("b.conf")} -> {At("c.conf")} -> {At("b.conf")}.",
            Error("include \"b.conf\""));
    }

    [Fact]
    public void Include_depth_and_count_are_bounded()
    {
        for (var i = 0; i < 20; i++)
            Write($"d{i}.conf", $"include \"d{i + 1}.conf\"");
        Assert.Equal($"{At("d14.conf")}:1:9: more than 16 files include each other in a row.", Error("include \"d0.conf\""));

        Write("leaf.conf", "x = 1");
        var error = Error(string.Concat(Enumerable.Repeat("include \"leaf.conf\"\n", 300)));
        Assert.Equal($"{At("main.conf")}:257:9: more than 256 files are included.", error);
    }

    [Fact]
    public void Included_array_directory_and_oversized_file_are_refused()
    {
        Write("array.conf", "[1]");
        Assert.Equal($"{At("array.conf")}:1:1: expected an object at the root, found an array; a configuration has keys.", Error("include \"array.conf\""));
        Directory.CreateDirectory(At("dir.conf"));
        Assert.StartsWith($"{At("main.conf")}:1:9: the file '{At("dir.conf")}' cannot be read: ", Error("include \"dir.conf\""), StringComparison.Ordinal);
        Write("big.conf", new string('#', (1 << 20) + 1));
        Assert.Equal($"{At("main.conf")}:1:9: the file '{At("big.conf")}' is larger than 1048576 bytes; is it a configuration?", Error("include \"big.conf\""));
    }

    [Fact]
    public void Text_that_is_no_file_can_include_only_absolute_paths()
    {
        Write("b.conf", "x = 1");
        Assert.Equal("""{"x":1}""", HoconTesting.Json($"include \"{At("b.conf")}\""));
        Assert.Equal("1:9: a relative include needs a file to be relative to, and this text is none; write an absolute path.", HoconTesting.Errors("include \"b.conf\""));
    }

    private string At(string name) => Path.Combine(_directory, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    private string Resolve(string main)
    {
        Write("main.conf", main);
        var source = HoconFile.TryRead(At("main.conf"), OriginKind.File, HoconLimits.Default)!;
        return HoconTesting.Json(HoconTree.Resolve([HoconTree.Parse(source)], _ => null));
    }

    private string Error(string main) => Assert.Throws<HoconException>(() => Resolve(main)).Message;
}
