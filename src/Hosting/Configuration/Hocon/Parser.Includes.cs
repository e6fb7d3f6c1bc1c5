using System.Text;

namespace Cascade.Hosting.Configuration.Hocon;

internal sealed partial class Parser
{
    private const string Expected =
        "a quoted file name, file(\"...\"), required(\"...\") or required(file(\"...\")) after 'include'";

    private void ParseInclude(ObjectNode into)
    {
        var origin = _current.Origin;
        Advance();
        SkipBlanksAndNewlines();
        var call = ParseCall();
        var required = call is "required(" or "required(file(";
        var asFile = call is "file(" or "required(file(";
        if (call.EndsWith("url(", StringComparison.Ordinal) || call.EndsWith("classpath(", StringComparison.Ordinal))
            throw new HoconException(
                origin,
                "only files can be included; copy the text to a file and write include file(\"...\").");
        if (call.Length > 0 && !required && !asFile || _current.Kind != TokenKind.Quoted)
            throw Unexpected(Expected);
        if (_arrays > 0)
            throw new HoconException(origin, "include cannot be used inside an array, where its substitutions have no path.");

        var name = _current;
        Advance();
        for (var open = call.Count(c => c == '('); open > 0;)
            open = ParseClosing(open);

        var statement = new IncludeStatement(name.Text, name.Origin, required, asFile);
        foreach (var node in _includes.Include(statement, _source, [.. _prefix, .. _path]))
            into.MergeFrom(node);
    }

    /// <summary>The unquoted text before the file name, white space taken out.</summary>
    private string ParseCall()
    {
        var call = new StringBuilder();
        for (; _current.Kind is TokenKind.Unquoted or TokenKind.Whitespace or TokenKind.Newline; Advance())
        {
            if (_current.Kind == TokenKind.Unquoted && call.Append(_current.Text).ToString() is not
                ("file(" or "required" or "required(" or "required(file" or "required(file(" or "file"
                or "url" or "url(" or "classpath" or "classpath(" or "required(url(" or "required(classpath("))
                throw Unexpected(Expected);
        }
        return call.ToString();
    }

    private int ParseClosing(int open)
    {
        SkipBlanksAndNewlines();
        if (_current.Kind != TokenKind.Unquoted || _current.Text.Any(c => c != ')') || _current.Text.Length > open)
            throw Unexpected("')' after the file name");
        open -= _current.Text.Length;
        Advance();
        return open;
    }
}
