using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Waits for what a node does after it has answered.</summary>
internal static class Patience
{
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(30);

    /// <summary>Asks again and again until the condition holds.</summary>
    /// <exception cref="OperationCanceledException">It never did.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Max);
        while (!await condition())
            patience.Token.ThrowIfCancellationRequested();
    }

    /// <summary>The memory tier once it holds nothing: a deletion is answered when no reader can find the block, which is before its room is free.</summary>
    public static async Task<TierReport> UntilEmptyAsync(ICascade cache)
    {
        TierReport? memory = null;
        await UntilAsync(async () =>
        {
            memory = (await cache.StatAsync()).Tiers[0];
            return memory.Blocks == 0 && memory.FreeBytes == memory.CapacityBytes;
        });
        return memory!;
    }
}
