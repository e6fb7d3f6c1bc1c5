namespace Cascade.EndToEnd;

/// <summary>Waits for what other processes bring about, by looking again and again, for a bounded time.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns when the condition holds; fails with the complaint when it does not in time.</summary>
    public static async Task TrueAsync(Func<bool> condition, Func<string> complaint)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, complaint());
            await Task.Delay(Interval);
        }
    }

    /// <summary>Returns when the condition holds; fails with the complaint when it does not in time.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> complaint)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, complaint());
            await Task.Delay(Interval);
        }
    }
}
