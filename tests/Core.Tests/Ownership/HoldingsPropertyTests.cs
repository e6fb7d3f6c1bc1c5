namespace Cascade.Core.Tests.Ownership;

public sealed class HoldingsPropertyTests(ITestOutputHelper output)
{
    private const int Runs = 20;
    private const int Steps = 12_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_run_ends_with_owners_that_know_what_is_there_and_no_block_is_lost_by_evictions(bool isLossy)
    {
        int evictions = 0, voided = 0, incomplete = 0, corrected = 0;
        const ulong first = 1;
        for (var seed = first; seed < first + Runs; seed++)
        {
            using var run = new HoldingsRun(seed, isLossy);
            try
            {
                run.Play(Steps);
                run.Settle();
                run.Check();
            }
            catch (Exception failure)
            {
                Assert.Fail($"seed {seed}: {failure}");
            }
            evictions += run.Evictions;
            voided += run.Voided;
            incomplete += run.Incomplete;
            corrected += run.Corrected;
        }
        output.WriteLine($"seeds from {first}: {evictions} evictions, {voided} grants that were void, {incomplete} steps incomplete, {corrected} corrections");
        Assert.True(Math.Min(Math.Min(evictions, voided), Math.Min(incomplete, corrected)) > Runs, "the runs did too little");
    }
}
