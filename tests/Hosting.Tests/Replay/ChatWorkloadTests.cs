using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class ChatWorkloadTests
{
    private static readonly string[] Pinned =
    [
        "1321 4187 779 0,1,2,3,4,5,6,7,85",
        "2624 7952 505 18,19,20,21,22,23,24,25,26,27,28,29,86,87,88,89",
        "2874 5577 525 36,37,38,39,40,41,90,91,92,93,94",
        "4102 7226 553 18,19,20,21,22,23,24,25,26,27,28,29,95,96,97",
        "5263 6592 154 0,1,2,3,4,5,6,7,98,99,100,101,102",
    ];

    private static readonly ChatWorkloadSettings Small = new() { Requests = 3_000, Sessions = 20, SystemPrompts = 10 };

    [Fact]
    public void The_same_seed_gives_the_same_requests()
    {
        var first = ChatWorkload.Generate(Small, 5).Select(TextOf);
        var second = ChatWorkload.Generate(Small, 5).Select(TextOf);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Another_seed_gives_other_requests() =>
        Assert.NotEqual(ChatWorkload.Generate(Small, 5).Select(TextOf), ChatWorkload.Generate(Small, 6).Select(TextOf));

    /// <summary>Pins the load: figures that were published of it stay comparable.</summary>
    [Fact]
    public void The_first_requests_of_seed_1_are_known() => Assert.Equal(
        Pinned, ChatWorkload.Generate(Small, 1).Take(Pinned.Length).Select(TextOf));

    [Fact]
    public void An_id_has_the_same_predecessor_everywhere()
    {
        var parents = new Dictionary<ulong, ulong?>();
        foreach (var request in ChatWorkload.Generate(Small, 2))
        {
            ulong? parent = null;
            foreach (var id in request.BlockIds.Span)
            {
                Assert.True(parents.TryAdd(id, parent) || parents[id] == parent, $"id {id}");
                parent = id;
            }
        }
    }

    [Fact]
    public void Times_never_go_back_and_lengths_fit_the_blocks()
    {
        long last = 0;
        foreach (var request in ChatWorkload.Generate(Small, 3))
        {
            Assert.True(request.TimestampMs >= last);
            last = request.TimestampMs;
            Assert.Equal(request.BlockIds.Length, (request.InputLength + 511) / 512);
            Assert.InRange(request.BlockIds.Length, 1, Small.PromptBlocksMax);
            Assert.InRange(request.OutputLength, Small.OutputTokens.Min, Small.OutputTokens.Max);
        }
    }

    [Fact]
    public void Conversations_are_interleaved_and_most_blocks_were_asked_before()
    {
        var seen = new HashSet<ulong>();
        long asked = 0, continued = 0, requests = 0;
        ulong lastOfPrevious = 0;
        foreach (var request in ChatWorkload.Generate(Small, 4))
        {
            var ids = request.BlockIds.Span;
            requests++;
            asked += ids.Length;
            continued += ids.Contains(lastOfPrevious) ? 1 : 0;
            lastOfPrevious = ids[^1];
            seen.UnionWith(ids.ToArray());
        }

        Assert.InRange((double)seen.Count / asked, 0.10, 0.30);
        Assert.InRange((double)continued / requests, 0, 0.15);
    }

    [Fact]
    public void The_most_popular_system_prompt_starts_most_conversations()
    {
        var starts = ChatWorkload.Generate(Small with { Requests = 10_000, Turns = (1, 1) }, 1)
            .CountBy(request => request.BlockIds.Span[0]).OrderBy(start => start.Key).Select(start => start.Value).ToArray();

        // 10,000 starts in proportion to 1/k over ten prompts: the first has 1 in 2.93, the tenth a tenth of that.
        Assert.Equal(10, starts.Length);
        Assert.InRange(starts[0], 3_200, 3_650);
        Assert.InRange(starts[9], 270, 420);
    }

    private static string TextOf(TraceRequest request) =>
        $"{request.TimestampMs} {request.InputLength} {request.OutputLength} {string.Join(',', request.BlockIds.ToArray())}";
}
