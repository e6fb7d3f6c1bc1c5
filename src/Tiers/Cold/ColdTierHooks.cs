using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>Who a cold tier tells what. All are called in the actor's turns, return soon and must not throw. Each may be left out.</summary>
public sealed record ColdTierHooks
{
    /// <summary>No hooks.</summary>
    public static readonly ColdTierHooks None = new();

    /// <summary>Told during recovery of how many files have been read, and of how many.</summary>
    public Action<int, int>? OnRecovery { get; init; }

    /// <summary>Told when recovery is over and requests are served.</summary>
    public Action<ColdReady>? OnReady { get; init; }

    /// <summary>
    /// Told in words what is amiss and what to do: when a kind of request to the device begins to fail, and not again before one of that
    /// kind went well.
    /// </summary>
    public Action<string>? OnTrouble { get; init; }
}
