using System.Text;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Malformed text: every error names line and column, and says what was expected.</summary>
public sealed class HoconErrorTests
{
    [Theory]
    [InlineData("a = }", "1:5: expected a value for the key 'a', found '}'.")]
    [InlineData("a =", "1:4: expected a value for the key 'a', found the end of the text.")]
    [InlineData("a = 1\nfoo\nbar = 2", "3:1: expected '=', ':', '+=' or '{' after the key 'foo', found 'bar'.")]
    [InlineData("= 1", "1:1: expected a key, found '='; if it belongs to a text, put the text in double quotes.")]
    [InlineData("{ a = 1", "1:8: expected a comma, a new line or '}', found the end of the text.")]
    [InlineData("{ a = 1\n", "2:1: expected a comma, a new line or '}', found the end of the text.")]
    [InlineData("a = 1 }", "1:7: expected a comma, a new line or the end of the text, found '}'.")]
    [InlineData("a = 1\n}", "2:1: expected a key or the end of the text, found '}'.")]
    [InlineData("{ a = 1 } b = 2", "1:11: expected the end of the text after the closing bracket, found 'b'.")]
    [InlineData("a = [1, 2", "1:10: expected a comma, a new line or ']', found the end of the text.")]
    [InlineData("a = [1, 2}", "1:10: expected a comma, a new line or ']', found '}'.")]
    [InlineData("a = [1,,2]", "1:8: expected a value or ']', found ','.")]
    [InlineData("a = [,1]", "1:6: expected a value or ']', found ','.")]
    [InlineData("a = [1,2,3,,]", "1:12: expected a value or ']', found ','.")]
    [InlineData("a = 1,,b = 2", "1:7: expected a key or the end of the text, found ','.")]
    [InlineData(",a = 1", "1:1: expected a key or the end of the text, found ','.")]
    [InlineData("a = http://x", "1:9: expected a comma, a new line or the end of the text, found ':'; if it belongs to a text, put the text in double quotes.")]
    [InlineData("a = x@y", "1:6: the character '@' is reserved here; put the text in double quotes.")]
    [InlineData("a = 1+2", "1:6: the character '+' is reserved here; put the text in double quotes.")]
    [InlineData("a = $b", "1:5: the character '$' is reserved here; put the text in double quotes.")]
    [InlineData("a = C:\\x", "1:6: expected a comma, a new line or the end of the text, found ':'; if it belongs to a text, put the text in double quotes.")]
    [InlineData("a = {} x", "1:8: a string cannot be joined with an object or array; put a comma or a new line between them.")]
    [InlineData("a = ${b} x {}", "1:12: a string cannot be joined with an object or array; put a comma or a new line between them.")]
    [InlineData("a b [1]", "1:5: expected '=', ':', '+=' or '{' after the key '\"a b\"', found '['.")]
    public void Structure(string text, string error) => Assert.Equal(error, HoconTesting.Errors(text));

    [Theory]
    [InlineData("a = \"x", "1:5: the string is not closed on its line; add '\"', or use \"\"\" for text of several lines.")]
    [InlineData("a = \"x\ny\"", "1:5: the string is not closed on its line; add '\"', or use \"\"\" for text of several lines.")]
    [InlineData("a = \"x\ty\"", "1:7: the control character U+0009 must be escaped in a quoted string.")]
    [InlineData("a = \"\"\"x\n\"\"", "1:5: the string opened by \"\"\" is not closed; end it with \"\"\".")]
    [InlineData(@"a = ""é\x""", "1:7: unknown escape in a quoted string; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.")]
    [InlineData(@"a = ""\u12G4""", "1:6: \\u must be followed by four hexadecimal digits.")]
    [InlineData(@"a = ""\u12", "1:6: \\u must be followed by four hexadecimal digits.")]
    [InlineData(@"a = ""\ud83d""", "1:6: \\ud83d is half of a surrogate pair; write both halves, or the character itself.")]
    [InlineData(@"a = ""\ude00x""", "1:6: \\ude00 is half of a surrogate pair; write both halves, or the character itself.")]
    [InlineData(@"a = ""\ud83d\u0041""", "1:6: \\ud83d is half of a surrogate pair; write both halves, or the character itself.")]
    [InlineData("a = \"😀\" @", "1:9: the character '@' is reserved here; put the text in double quotes.")]
    public void Strings(string text, string error) => Assert.Equal(error, HoconTesting.Errors(text));

    [Theory]
    [InlineData("a..b = 1", "1:3: a path has an empty key beside this '.'; remove the dot, or write \"\" for an empty key.")]
    [InlineData(".a = 1", "1:1: a path has an empty key beside this '.'; remove the dot, or write \"\" for an empty key.")]
    [InlineData("a. = 1", "1:2: a path has an empty key beside this '.'; remove the dot, or write \"\" for an empty key.")]
    [InlineData("a. .b = 1", "1:4: a path has an empty key beside this '.'; remove the dot, or write \"\" for an empty key.")]
    [InlineData("a = ${}", "1:7: expected a path after '${', found '}'.")]
    [InlineData("a = ${b", "1:8: expected '}' to end the substitution begun at 1:5, found the end of the text.")]
    [InlineData("a = ${b\n}", "1:8: expected '}' to end the substitution begun at 1:5, found the end of the line.")]
    [InlineData("a = ${ ?b}", "1:8: the character '?' is reserved here; put the text in double quotes.")]
    [InlineData("a = ${b${c}}", "1:8: expected '}' to end the substitution begun at 1:5, found '${'.")]
    [InlineData("${a} = 1", "1:1: expected a key, found '${'.")]
    [InlineData("a = [{ b += 1 }]", "1:8: '+=' cannot be used inside an array, where a field has no path; write the whole array.")]
    public void Paths(string text, string error) => Assert.Equal(error, HoconTesting.Errors(text));

    [Fact]
    public void Array_at_the_root_is_refused() =>
        Assert.Equal("1:2: expected an object at the root, found an array; a configuration has keys.", HoconTesting.Errors(" [1]"));

    [Fact]
    public void Malformed_utf8_is_reported_with_its_place()
    {
        byte[] bytes = [.. "a = 1\nb = é"u8, 0xC3, 0x28];
        var exception = Assert.Throws<HoconException>(() => SourceText.Decode(OriginKind.File, "x.conf", bytes));
        Assert.Equal("x.conf:2:6: byte 0xc3 at offset 12 is not valid UTF-8; save the file as UTF-8.", exception.Message);
    }

    [Fact]
    public void Byte_order_mark_counts_no_column()
    {
        var source = SourceText.Decode(OriginKind.File, "x.conf", [.. "\uFEFF="u8]);
        Assert.StartsWith("x.conf:1:1: expected a key", Assert.Throws<HoconException>(() => HoconTree.Parse(source)).Message, StringComparison.Ordinal);
        var exception = Assert.Throws<HoconException>(() => SourceText.Decode(OriginKind.File, "x.conf", [.. "\uFEFFa"u8, 0xFF]));
        Assert.Equal("x.conf:1:2: byte 0xff at offset 4 is not valid UTF-8; save the file as UTF-8.", exception.Message);
    }

    [Fact]
    public void Nesting_is_bounded_in_objects_arrays_and_paths()
    {
        var limits = new HoconLimits { DepthMax = 3 };
        const string Message = "more than 3 objects, arrays and keys within each other; flatten the configuration.";
        Assert.Equal("1:7: " + Message, HoconTesting.Errors("a { b { c = 1 } }", limits));
        Assert.Equal("1:7: " + Message, HoconTesting.Errors("a.b.c.d = 1", limits));
        Assert.Equal("1:7: " + Message, HoconTesting.Errors("a = [[[1]]]", limits));
        Assert.Equal("{\"a\":[[1]]}", HoconTesting.Json(HoconTesting.Resolve("a = [[1]]", null, limits)));
    }

    [Fact]
    public void Nested_substitutions_are_bounded_in_depth()
    {
        var text = new StringBuilder("x0 = { a = 1 }\n");
        for (var i = 1; i <= 200; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"x{i} = {{ a = ${{x{i - 1}}} }}\n");
        Assert.EndsWith("nested more than 100 deep once resolved; flatten the configuration.", HoconTesting.Errors(text.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Doubling_substitutions_are_bounded()
    {
        static string Doubling(string first, string next) => first + string.Concat(
            Enumerable.Range(1, 40).Select(i => "\nx" + i + " = " + next.Replace("@", "${x" + (i - 1) + "}", StringComparison.Ordinal)));
        Assert.EndsWith("holds more than 200000 values once resolved; do substitutions repeat it?", HoconTesting.Errors(Doubling("x0 = [1]", "[@, @]")), StringComparison.Ordinal);
        Assert.EndsWith("holds more than 200000 values once resolved; do substitutions repeat it?", HoconTesting.Errors(Doubling("x0 = [1]", "@ @")), StringComparison.Ordinal);
        Assert.EndsWith("the string is longer than 1048576 characters once resolved.", HoconTesting.Errors(Doubling("x0 = abc", "@@")), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_chain_of_substitutions_is_bounded()
    {
        var text = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"x{i} = ${{x{i + 1}}}\n")) + "x5000 = 1";
        Assert.EndsWith("more than 1000 values wait for each other; shorten the chain of substitutions.", HoconTesting.Errors(text), StringComparison.Ordinal);
    }
}
