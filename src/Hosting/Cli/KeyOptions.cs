using System.CommandLine;
using System.Globalization;
using System.Text;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Cli;

/// <summary>How keys are named on the command line: <c>--namespace</c> and <c>--hex</c>.</summary>
internal sealed class KeyOptions
{
    /// <summary>The namespace of those who name none.</summary>
    public const string NamespaceDefault = "default";

    /// <summary>What their help says of keys.</summary>
    public const string Details = """
        A key is 1 to 1,024 bytes: the text in UTF-8, or with --hex what its hexadecimal digits stand for, as an engine's hash of a prefix.
        Before one that begins with a dash write --. Programs find it by new CacheNamespace(NAME).Key(bytes).
        """;

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Description = $"Namespace of the key: tenant, model and layout. Default: {NamespaceDefault}.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _hex = new("--hex") { Description = "Keys are given in hexadecimal digits." };

    /// <summary>Gives a verb the options.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_namespace);
        verb.Add(_hex);
    }

    /// <summary>Name of the namespace.</summary>
    public string NamespaceOf(ParseResult line) => line.GetValue(_namespace) ?? NamespaceDefault;

    /// <summary>The key of a text.</summary>
    /// <exception cref="CliException">There is no such key or namespace.</exception>
    public CacheKey KeyOf(ParseResult line, string text) => KeysOf(line, [text])[0];

    /// <summary>The keys of these texts, in their order.</summary>
    /// <exception cref="CliException">There is no such key or namespace; the first fault is told.</exception>
    public CacheKey[] KeysOf(ParseResult line, IReadOnlyList<string> texts)
    {
        var name = NamespaceOf(line);
        var nameBytes = Encoding.UTF8.GetByteCount(name);
        if (nameBytes is 0 or > CacheNamespace.NameBytesMax)
            throw Wrong($"a namespace is 1 to {CacheNamespace.NameBytesMax} bytes of UTF-8; this one has {HumanText.Count(nameBytes)}");
        var keys = new CacheNamespace(name);
        return [.. texts.Select(text => keys.Key(BytesOf(text, line.GetValue(_hex))))];
    }

    private static byte[] BytesOf(string text, bool isHex)
    {
        byte[] bytes;
        try
        {
            bytes = isHex ? Convert.FromHexString(text) : Encoding.UTF8.GetBytes(text);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.Usage, $"'{Shown(text)}' is not good for --hex: expected pairs of hexadecimal digits", e);
        }

        if (bytes.Length is 0 or > CacheNamespace.KeyBytesMax)
            throw Wrong(string.Create(
                CultureInfo.InvariantCulture, $"a key is 1 to {CacheNamespace.KeyBytesMax} bytes; '{Shown(text)}' has {HumanText.Count(bytes.Length)}"));
        return bytes;
    }

    /// <summary>A text for a person: short, and without what a terminal would obey.</summary>
    public static string Shown(string text)
    {
        const int LengthMax = 60;
        var shown = string.Concat((text.Length <= LengthMax ? text : text[..LengthMax]).Select(static c => char.IsControl(c) ? '\uFFFD' : c));
        return text.Length <= LengthMax ? shown : $"{shown}...";
    }

    private static CliException Wrong(string message) => new(ExitCode.Usage, message);
}
