using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Replay;

/// <summary>The part of a load that one of several replays carries: every n-th request.</summary>
/// <param name="Index">Which, from 0.</param>
/// <param name="Count">How many replays there are, 1 or more.</param>
internal readonly record struct ReplayShare(int Index, int Count)
{
    /// <summary>Most replays that share a load.</summary>
    public const int CountMax = 4096;

    /// <summary>How long the nodes of other shares may take to come.</summary>
    private static readonly TimeSpan OthersPatience = TimeSpan.FromMinutes(2);

    /// <summary>Reads <c>K/N</c>; false when it is no share.</summary>
    public static bool TryParse(string text, out ReplayShare share)
    {
        share = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > CountMax || index >= count)
            return false;
        share = new ReplayShare(index, count);
        return true;
    }

    /// <summary>The option of the command line by which a share is named.</summary>
    public static Option<ReplayShare?> Option() => new("--share")
    {
        Description = "Carry every N-th request, from the K-th on (0 to N-1): one of N replays, whose nodes are the cluster of the settings.",
        HelpName = "K/N",
        CustomParser = static result =>
        {
            if (TryParse(result.Tokens[0].Value, out var share))
                return share;
            result.AddError($"'{result.Tokens[0].Value}' is not good for --share: expected K/N, such as 0/4, with K below N and N at most {CountMax}.");
            return null;
        },
    };

    /// <summary>How many of so many requests are in it.</summary>
    public long Of(long total) => total / Count + (total % Count > Index ? 1 : 0);

    /// <summary>Those of the requests that are in it.</summary>
    public IEnumerable<TraceRequest> Of(IEnumerable<TraceRequest> requests)
    {
        var (index, count) = this;
        return requests.Where((_, at) => at % count == index);
    }

    /// <summary>Waits until the nodes of all shares are there.</summary>
    /// <param name="node">That of this share.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="CliException">They do not come.</exception>
    public async Task AwaitOthersAsync(INodeSession node, TimeProvider time, CancellationToken cancellationToken)
    {
        var (start, count) = (time.GetTimestamp(), Count);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10), time);
        while (node.NodesUp < count)
        {
            if (time.GetElapsedTime(start) > OthersPatience)
                throw new CliException(
                    ExitCode.Unavailable,
                    $"only {node.NodesUp} of {count} nodes are there after {OthersPatience.TotalSeconds:0} s: do the other shares run, with the same name and seeds?");
            await poll.WaitForNextTickAsync(cancellationToken);
        }
    }
}
