namespace Cascade.Core.Membership;

/// <summary>Periods and bounds of a node's membership. The same on all nodes of a cluster, but for the seeds.</summary>
public sealed record MembershipSettings
{
    /// <summary>Name of the cluster; a node of another one is refused. Not empty, 64 characters at most.</summary>
    public required string Cluster { get; init; }

    /// <summary>
    /// Nodes that are asked for entry, and now and then afterwards so that a divided cluster finds together. None, or only this node itself: it
    /// founds a cluster at once. When it is one of several and no other answers, it founds one after <see cref="FoundAfter"/>.
    /// </summary>
    public IReadOnlyList<NodeAddress> Seeds { get; init; } = [];

    /// <summary>Each node probes one other in each period. Shorter finds the dead sooner and costs more messages.</summary>
    public TimeSpan ProbePeriod { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// How long an answer may take before others are asked to probe; well above the usual round trip, below half of <see cref="ProbePeriod"/>. A node whose
    /// tick comes later than by half of it takes itself for slow.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Others that are asked to probe a node that did not answer. At least 0.</summary>
    public int IndirectProbes { get; init; } = 3;

    /// <summary>
    /// A suspect is removed after this many periods times the decimal logarithm of the number of members (at least 1) once enough others
    /// suspect it too. Greater gives slow nodes more time and finds the dead later. Positive.
    /// </summary>
    public double SuspicionFactor { get; init; } = 3;

    /// <summary>How many times longer a suspicion that nobody shares takes. At least 1.</summary>
    public double LoneSuspicionFactor { get; init; } = 4;

    /// <summary>How far a node that finds itself slow stretches its own timeouts: by 1 to this plus 1. At least 0.</summary>
    public int HealthPenaltyMax { get; init; } = 8;

    /// <summary>Time between two rounds of gossip beside the probes, while there is news.</summary>
    public TimeSpan GossipPeriod { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Members that get gossip in one round. At least 1.</summary>
    public int GossipFanout { get; init; } = 2;

    /// <summary>Most bytes of news in one message: at least 1,024, so that any record fits.</summary>
    public int GossipBytesMax { get; init; } = 1400;

    /// <summary>Each node passes a piece of news on this many times the binary logarithm of the number of members. At least 1.</summary>
    public int RetransmitFactor { get; init; } = 3;

    /// <summary>Time between two comparisons of all that is known with a random member.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a page of a comparison may take.</summary>
    public TimeSpan SyncTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most bytes of records in one page of a comparison: at least 1,024.</summary>
    public int PageBytesMax { get; init; } = 16 * 1024;

    /// <summary>Time between two tries to reach a removed member or a seed that is not a member, while there is one.</summary>
    public TimeSpan HealPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a seed is given in the first round of asking for entry; twice as long in each further round.</summary>
    public TimeSpan JoinWaitMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest that a seed is given.</summary>
    public TimeSpan JoinWaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node that is a seed itself asks the others before it founds a cluster.</summary>
    public TimeSpan FoundAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node that joined takes to get from an eighth to its full share of work. Zero: it takes all at once.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long removed members are remembered: longer than any message is under way, and than a division of the network is expected to last.</summary>
    public TimeSpan RemovedMemory { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Live members that are known, this node included; a further one is refused. At least 1.</summary>
    public int MembersMax { get; init; } = 4096;

    /// <summary>Removed members that are remembered; the one that went first is forgotten. At least 0.</summary>
    public int RemovedMax { get; init; } = 4096;

    internal void Validate()
    {
        Require(!string.IsNullOrEmpty(Cluster) && Cluster.Length <= 64, nameof(Cluster), "1 to 64 characters long");
        Require(ProbeTimeout > TimeSpan.Zero && ProbeTimeout * 2 <= ProbePeriod, nameof(ProbeTimeout), "positive, and half of ProbePeriod at most");
        Require(IndirectProbes >= 0 && HealthPenaltyMax >= 0, nameof(IndirectProbes), "0 or more, as has HealthPenaltyMax");
        Require(SuspicionFactor > 0 && LoneSuspicionFactor >= 1, nameof(SuspicionFactor), "positive, and LoneSuspicionFactor 1 or more");
        Require(GossipPeriod > TimeSpan.Zero && GossipFanout > 0, nameof(GossipPeriod), "positive, as has GossipFanout");
        Require(Math.Min(GossipBytesMax, PageBytesMax) >= 1024, nameof(GossipBytesMax), "1,024 or more, as has PageBytesMax");
        Require(RetransmitFactor > 0, nameof(RetransmitFactor), "1 or more");
        Require(SyncPeriod > TimeSpan.Zero && SyncTimeout > TimeSpan.Zero && HealPeriod > TimeSpan.Zero, nameof(SyncPeriod), "positive, as have SyncTimeout and HealPeriod");
        Require(JoinWaitMin > TimeSpan.Zero && JoinWaitMax >= JoinWaitMin, nameof(JoinWaitMin), "positive, and JoinWaitMax no shorter");
        Require(FoundAfter >= TimeSpan.Zero && SlowStart >= TimeSpan.Zero && RemovedMemory >= TimeSpan.Zero, nameof(FoundAfter), "0 or more, as have SlowStart and RemovedMemory");
        Require(MembersMax > 0 && RemovedMax >= 0, nameof(MembersMax), "positive, and RemovedMax 0 or more");
    }

    private static void Require(bool holds, string name, string what)
    {
        if (!holds)
            throw new ArgumentException($"{name} of the membership has to be {what}: correct the setting.", name);
    }
}
