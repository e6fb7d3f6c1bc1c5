using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cascade.Hosting.Replay;

/// <summary>Reads one line of a trace in the format published with Mooncake (FAST'25): a JSON object a request.</summary>
/// <remarks>Fields that are not known are passed over.</remarks>
internal static class TraceLine
{
    /// <summary>The largest whole number that every JSON reader keeps exact.</summary>
    public const long NumberMax = 1L << 53;

    private const string WholeNumber = "a whole number from 0 to 9007199254740992";
    private const int ExcerptCharsMax = 40;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 16 };

    /// <summary>Reads a request; false with what is wrong when the line is not one.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="ids">Room for the ids of a request, used again for every line.</param>
    /// <param name="request">The request.</param>
    /// <param name="problem">What is wrong, for the person who made the trace.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, List<ulong> ids, out TraceRequest request, out string problem)
    {
        request = default;
        var reader = new Utf8JsonReader(line, Strict);
        try
        {
            problem = Parse(ref reader, ids, out request) ?? "";
        }
        catch (JsonException e)
        {
            var column = (e.BytePositionInLine ?? 0) + 1;
            problem = string.Create(CultureInfo.InvariantCulture, $"not a JSON object: malformed at column {column}");
        }

        return problem.Length == 0;
    }

    private static string? Parse(ref Utf8JsonReader reader, List<ulong> ids, out TraceRequest request)
    {
        request = default;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return $"expected a JSON object, found {TextOf(ref reader)}";

        long? timestamp = null, input = null, output = null;
        ReadOnlyMemory<ulong>? blockIds = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var problem =
                reader.ValueTextEquals("timestamp"u8) ? ReadNumber(ref reader, "timestamp", ref timestamp)
                : reader.ValueTextEquals("input_length"u8) ? ReadNumber(ref reader, "input_length", ref input)
                : reader.ValueTextEquals("output_length"u8) ? ReadNumber(ref reader, "output_length", ref output)
                : reader.ValueTextEquals("hash_ids"u8) ? ReadIds(ref reader, ids, ref blockIds)
                : Skip(ref reader);
            if (problem is not null)
                return problem;
        }

        // A strict reader throws when anything follows the object.
        reader.Read();
        var missing = timestamp is null ? "timestamp" : input is null ? "input_length" : output is null ? "output_length"
            : blockIds is null ? "hash_ids" : null;
        if (missing is not null)
            return $"'{missing}' is missing";
        request = new TraceRequest(timestamp!.Value, input!.Value, output!.Value, blockIds!.Value);
        return null;
    }

    private static string? ReadNumber(ref Utf8JsonReader reader, string name, ref long? value)
    {
        if (value is not null)
            return $"'{name}' is given twice";
        reader.Read();
        if (!TryGetNumber(ref reader, out var number))
            return $"'{name}' has to be {WholeNumber}, found {TextOf(ref reader)}";
        value = number;
        return null;
    }

    private static string? ReadIds(ref Utf8JsonReader reader, List<ulong> ids, ref ReadOnlyMemory<ulong>? blockIds)
    {
        if (blockIds is not null)
            return "'hash_ids' is given twice";
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return $"'hash_ids' has to be an array of whole numbers, found {TextOf(ref reader)}";
        ids.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!TryGetNumber(ref reader, out var id))
                return $"'hash_ids[{ids.Count}]' has to be {WholeNumber}, found {TextOf(ref reader)}";
            ids.Add((ulong)id);
        }

        if (ids.Count == 0)
            return "'hash_ids' is empty: a request has at least one block";
        blockIds = ids.ToArray();
        return null;
    }

    private static string? Skip(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return null;
    }

    private static bool TryGetNumber(ref Utf8JsonReader reader, out long number)
    {
        number = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number is >= 0 and <= NumberMax;
    }

    private static string TextOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            return reader.TokenType == JsonTokenType.StartObject ? "an object" : "an array";
        var text = Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        if (text.Length > ExcerptCharsMax)
            text = text[..ExcerptCharsMax] + "...";
        return reader.TokenType == JsonTokenType.String ? $"\"{text}\"" : text;
    }
}
