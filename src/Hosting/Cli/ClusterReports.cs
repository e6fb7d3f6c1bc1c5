using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Cli;

/// <summary>What one node says of its tiers.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="State">What the cluster thinks of it.</param>
/// <param name="Tiers">Its tiers, nearest first; none when it did not answer.</param>
/// <param name="Silence">Why there is no answer; null when there is one.</param>
internal sealed record NodeTiers(uint Node, string Address, MemberState State, IReadOnlyList<TierReport> Tiers, string? Silence);

/// <summary>Asks the nodes of a cluster for their figures.</summary>
internal static class ClusterReports
{
    private const int AskedAtOnce = 32;

    /// <summary>How long one node may take to answer.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(3);

    /// <summary>Asks all nodes that store, some at a time; in the order of their numbers.</summary>
    public static async Task<IReadOnlyList<NodeTiers>> AskAllAsync(IClusterSession session, CancellationToken cancellationToken)
    {
        using var turns = new SemaphoreSlim(AskedAtOnce);
        return await Task.WhenAll(session.Cluster.Members.Members.Where(IsStoring).Select(async member =>
        {
            await turns.WaitAsync(cancellationToken);
            try
            {
                return await AskAsync(session, member, cancellationToken);
            }
            finally
            {
                turns.Release();
            }
        }));
    }

    /// <summary>Asks one node. Does not throw but when it is given up: silence is an answer.</summary>
    public static async Task<NodeTiers> AskAsync(IClusterSession session, Member member, CancellationToken cancellationToken)
    {
        var answer = new NodeTiers(member.Node.Value, member.Address.Text, member.State, [], null);
        var memory = AskAsync(session, member.Node, NodePaths.MemoryTier, cancellationToken);
        var cold = AskAsync(session, member.Node, NodePaths.ColdTier, cancellationToken);
        var (nearest, silence) = await memory;
        var (files, _) = await cold;
        if (nearest is null)
            return answer with { Silence = silence };
        return answer with { Tiers = files is null ? [nearest] : [nearest, files] };
    }

    /// <summary>True for a node that has blocks: clients have none of their own.</summary>
    public static bool IsStoring(Member member) => !member.Metadata.IsClient && member.State != MemberState.Joining;

    /// <summary>Asks one tier; a node without a cold tier answers that there is no such actor.</summary>
    private static async Task<(TierReport? Report, string? Silence)> AskAsync(
        IClusterSession session, NodeId node, string tier, CancellationToken cancellationToken)
    {
        if (session.Nodes.Of(node, tier) is not { } actor)
            return (null, "it has left");
        try
        {
            return (await actor.Ask<TierReport>(ReportTier.Instance, AskPatience, cancellationToken), null);
        }
        catch (Exception e) when (IsSilence(e))
        {
            return (null, e.Message);
        }
    }

    /// <summary>True for what an Ask throws when there is no answer.</summary>
    public static bool IsSilence(Exception exception) =>
        exception is AskTimeoutException or PeerUnreachableException or DeadLetterException or MailboxFullException;
}
