using System.Text;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Mutated documents either resolve or throw <see cref="HoconException"/>, and always end.</summary>
public sealed class HoconFuzzTests
{
    private const int Documents = 20_000;
    private const int Seed = 20260;

    private static readonly string[] Pieces =
    [
        "${a}", "${?a}", "${a.b}", "${?", "${", "}", "{", "[", "]", "=", ":", "+=", ",", "\n", " ", "\"", "\"\"\"", "\\u00", "\\uD800", "#", "//",
        "a", "b", "a.b", "c.d.e", ".", "include", "include \"x\"", "file(", "1", "1e+5", "-", "true", "null", "\uFEFF", "\u00A0", "\0", "é", "\uD83D",
        "a = ${b}\nb = ${a}\n", "x { y = ${x} }\n", "p = ${?p} [ ${a} ]\n", "a { a { a {", "[[[", "a += ${a}\n",
    ];

    private static readonly string[] Starts =
    [
        "a = 1, b { c = ${a}, d = [1, 2, ${?e}] }\na = ${a} x\nb = ${b} { e = \"f\" }\n",
        "path = \"a\"\npath = ${path}\":b\"\nlist += 1\nlist += ${path}\nx.y.\"z.w\" = \"\"\"t\n\"\"\" // c\n",
        "{ \"a\" : { \"b\" : [ { \"c\" : null }, true, -1.5e3 ] }, d : ${a.b}, e : ${d} [4] }",
        "bar : { a : ${foo.d}, b : 1 }\nbar.b = 3\nfoo : { c : ${bar.b}, d : 2 }\nfoo.d = 4\n# end",
    ];

    [Fact]
    public void Mutated_document_resolves_or_throws_its_own_exception()
    {
        var random = new Random(Seed);
        var resolved = 0;
        for (var i = 0; i < Documents; i++)
        {
            var text = Mutate(Starts[random.Next(Starts.Length)], random);
            try
            {
                HoconTesting.Json(HoconTesting.Resolve(text));
                resolved++;
            }
            catch (HoconException exception)
            {
                Assert.NotEmpty(exception.Errors);
                Assert.All(exception.Errors, error => Assert.True(error.Origin is { Line: > 0, Column: > 0 }, $"{error} has no place in: {text}"));
            }
            catch (Exception exception)
            {
                Assert.Fail($"Seed {Seed}, document {i} threw {exception} for: {HoconText.Quote(text)}");
            }
        }
        Assert.InRange(resolved, Documents / 20, Documents - Documents / 20);
    }

    [Fact]
    public void Random_bytes_decode_and_parse_or_throw_their_own_exception()
    {
        var random = new Random(Seed);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(Mutate(Starts[random.Next(Starts.Length)], random));
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                HoconTree.Parse(SourceText.Decode(OriginKind.File, "fuzz.conf", bytes));
            }
            catch (HoconException)
            {
                // The one exception that faulty input may cause.
            }
        }
    }

    private static string Mutate(string start, Random random)
    {
        var text = new StringBuilder(start);
        for (var edits = random.Next(1, 8); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at));
                    break;
                case 1:
                    var length = Math.Min(random.Next(1, 30), text.Length - at);
                    text.Insert(random.Next(text.Length + 1), text.ToString(at, length));
                    break;
                default:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }
        return text.Append(' ').ToString();
    }
}
