namespace Cascade.Hosting.Benchmarks;

/// <summary>What <c>bench actors</c> reports: within this process and between processes of this machine.</summary>
/// <param name="TellPerS">As <see cref="ActorBenchmarkResult.TellPerS"/>.</param>
/// <param name="AskPerS">As <see cref="ActorBenchmarkResult.AskPerS"/>.</param>
/// <param name="Ask64PerS">As <see cref="ActorBenchmarkResult.Ask64PerS"/>.</param>
/// <param name="AskMeanUs">As <see cref="ActorBenchmarkResult.AskMeanUs"/>.</param>
/// <param name="IdleEntityBytes">As <see cref="ActorBenchmarkResult.IdleEntityBytes"/>.</param>
/// <param name="RemoteAskPerS">As <see cref="ClusterBenchmarkResult.RemoteAskPerS"/>.</param>
/// <param name="RemoteAskP50Us">As <see cref="ClusterBenchmarkResult.RemoteAskP50Us"/>.</param>
/// <param name="ShardedAskPerS">As <see cref="ClusterBenchmarkResult.ShardedAskPerS"/>.</param>
/// <param name="MembersUpS">As <see cref="ClusterBenchmarkResult.MembersUpS"/>.</param>
/// <param name="FailoverS">As <see cref="ClusterBenchmarkResult.FailoverS"/>.</param>
internal sealed record ActorFigures(
    double TellPerS, double AskPerS, double Ask64PerS, double AskMeanUs, double IdleEntityBytes,
    double RemoteAskPerS, double RemoteAskP50Us, double ShardedAskPerS, double MembersUpS, double FailoverS)
{
    /// <summary>Puts the two together.</summary>
    public static ActorFigures Of(ActorBenchmarkResult own, ClusterBenchmarkResult cluster) => new(
        own.TellPerS, own.AskPerS, own.Ask64PerS, own.AskMeanUs, own.IdleEntityBytes,
        cluster.RemoteAskPerS, cluster.RemoteAskP50Us, cluster.ShardedAskPerS, cluster.MembersUpS, cluster.FailoverS);
}
