using System.Text;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class TraceReaderTests
{
    private const string Good = """{"timestamp": 12, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 9007199254740992]}""";

    [Fact]
    public void A_line_is_a_request()
    {
        var request = Assert.Single(ReadAll(Good));
        Assert.Equal(12, request.TimestampMs);
        Assert.Equal(6758, request.InputLength);
        Assert.Equal(500, request.OutputLength);
        Assert.Equal([0UL, 1, 1UL << 53], request.BlockIds.ToArray());
    }

    [Fact]
    public void Fields_may_come_in_any_order_with_others_between()
    {
        var request = Assert.Single(ReadAll("""{"hash_ids":[5],"user":{"id":[1,2]},"output_length":1,"input_length":2,"timestamp":3,"note":"x"}"""));
        Assert.Equal((3L, 2L, 1L), (request.TimestampMs, request.InputLength, request.OutputLength));
        Assert.Equal([5UL], request.BlockIds.ToArray());
    }

    [Fact]
    public void Blank_lines_line_ends_of_both_kinds_and_a_byte_order_mark_are_passed_over()
    {
        Assert.Equal(3, ReadAll($"\uFEFF{Good}\r\n\n  \t\r\n{Good}\n{Good}").Count);
        Assert.Empty(ReadAll(""));
        Assert.Empty(ReadAll("\n\n"));
    }

    [Fact]
    public void Ids_of_a_request_stay_after_the_next_is_read()
    {
        var requests = ReadAll(Good + "\n" + Good.Replace("0, 1,", "7, 8,", StringComparison.Ordinal));
        Assert.Equal(0UL, requests[0].BlockIds.Span[0]);
        Assert.Equal(7UL, requests[1].BlockIds.Span[0]);
    }

    [Theory]
    [InlineData("hello", "not a JSON object: malformed at column 1")]
    [InlineData("""{"timestamp": 12""", "not a JSON object: malformed at column 17")]
    [InlineData("""{"timestamp": 12,}""", "not a JSON object: malformed at column 18")]
    [InlineData("[1]", "expected a JSON object, found an array")]
    [InlineData("17", "expected a JSON object, found 17")]
    [InlineData("""{"input_length":1,"output_length":1,"hash_ids":[1]}""", "'timestamp' is missing")]
    [InlineData("""{"timestamp":1,"output_length":1,"hash_ids":[1]}""", "'input_length' is missing")]
    [InlineData("""{"timestamp":1,"input_length":1,"hash_ids":[1]}""", "'output_length' is missing")]
    [InlineData("""{"timestamp":1,"input_length":1,"output_length":1}""", "'hash_ids' is missing")]
    [InlineData("""{"timestamp":-1}""", "'timestamp' has to be a whole number from 0 to 9007199254740992, found -1")]
    [InlineData("""{"timestamp":1.5}""", "'timestamp' has to be a whole number from 0 to 9007199254740992, found 1.5")]
    [InlineData("""{"timestamp":"1"}""", "'timestamp' has to be a whole number from 0 to 9007199254740992, found \"1\"")]
    [InlineData("""{"timestamp":null}""", "'timestamp' has to be a whole number from 0 to 9007199254740992, found null")]
    [InlineData("""{"input_length":9007199254740993}""", "'input_length' has to be a whole number from 0 to 9007199254740992, found 9007199254740993")]
    [InlineData("""{"output_length":{}}""", "'output_length' has to be a whole number from 0 to 9007199254740992, found an object")]
    [InlineData("""{"timestamp":1,"timestamp":2}""", "'timestamp' is given twice")]
    [InlineData("""{"hash_ids":[1],"hash_ids":[2]}""", "'hash_ids' is given twice")]
    [InlineData("""{"hash_ids":[]}""", "'hash_ids' is empty: a request has at least one block")]
    [InlineData("""{"hash_ids":3}""", "'hash_ids' has to be an array of whole numbers, found 3")]
    [InlineData("""{"hash_ids":[1,-2]}""", "'hash_ids[1]' has to be a whole number from 0 to 9007199254740992, found -2")]
    [InlineData("""{"hash_ids":[1,2,[3]]}""", "'hash_ids[2]' has to be a whole number from 0 to 9007199254740992, found an array")]
    [InlineData("""{"hash_ids":[18446744073709551616]}""", "'hash_ids[0]' has to be a whole number from 0 to 9007199254740992, found 18446744073709551616")]
    public void A_malformed_line_is_told_with_its_place(string line, string problem)
    {
        var error = Assert.Throws<TraceFormatException>(() => ReadAll($"{Good}\n\n{line}\n{Good}"));
        Assert.Equal($"a.jsonl:3: {problem}", error.Message);
        Assert.Equal(3, error.Line);
    }

    [Fact]
    public void Text_after_the_object_is_malformed()
    {
        var error = Assert.Throws<TraceFormatException>(() => ReadAll($"{Good}{Good}"));
        Assert.Equal($"a.jsonl:1: not a JSON object: malformed at column {Good.Length + 1}", error.Message);
    }

    [Fact]
    public void A_long_value_is_cut_in_the_message()
    {
        var error = Assert.Throws<TraceFormatException>(() => ReadAll($$"""{"timestamp":"{{new string('x', 1000)}}"}"""));
        Assert.EndsWith($"found \"{new string('x', 40)}...\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_too_long_is_told_and_one_of_just_the_limit_is_read()
    {
        Assert.Equal(2, ReadAll($"{Good}\n{Good}\n", Good.Length).Count);
        var error = Assert.Throws<TraceFormatException>(() => ReadAll($"{Good}\n{Good} \n", Good.Length));
        Assert.Equal($"a.jsonl:2: the line is longer than {Good.Length} bytes", error.Message);
    }

    [Fact]
    public void Lines_are_whole_however_the_stream_cuts_them()
    {
        var ids = string.Join(',', Enumerable.Range(0, 30_000));
        var text = string.Concat(Enumerable.Range(0, 5).Select(i =>
            $$"""{"timestamp":{{i}},"input_length":1,"output_length":1,"hash_ids":[{{(i % 2 == 0 ? ids : "1")}}]}""" + "\n"));
        foreach (var cut in (int[])[1000, 65_536, 1 << 20])
        {
            using var stream = new DribblingStream(Encoding.UTF8.GetBytes(text), cut);
            var requests = ReadAll(new TraceReader(stream, "a.jsonl"));
            Assert.Equal([0L, 1, 2, 3, 4], requests.Select(request => request.TimestampMs));
            Assert.Equal([30_000, 1, 30_000, 1, 30_000], requests.Select(request => request.BlockIds.Length));
        }
    }

    private static List<TraceRequest> ReadAll(string text, int lineBytesMax = TraceReader.LineBytesMaxDefault)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return ReadAll(new TraceReader(stream, "a.jsonl", lineBytesMax));
    }

    private static List<TraceRequest> ReadAll(TraceReader reader)
    {
        var requests = new List<TraceRequest>();
        while (reader.Next() is { } request)
            requests.Add(request);
        return requests;
    }

    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class DribblingStream(byte[] bytes, int atATime) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, atATime));
    }
}
