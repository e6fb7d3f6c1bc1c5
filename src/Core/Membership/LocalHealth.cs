namespace Cascade.Core.Membership;

/// <summary>How slow this node takes itself to be. Lifeguard's local health multiplier; see <see cref="Suspicion"/> for the source.</summary>
internal sealed class LocalHealth(int penaltyMax)
{
    private int _penalty;

    /// <summary>What timeouts are multiplied by: 1 when all is well.</summary>
    public int Stretch => _penalty + 1;

    public void Worsen(int by) => _penalty = Math.Min(penaltyMax, _penalty + by);

    public void Improve() => _penalty = Math.Max(0, _penalty - 1);
}
