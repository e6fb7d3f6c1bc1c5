using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Remote;

namespace Cascade.Tiers.Remote;

/// <summary>Has blocks of this node's cold tier read into its memory. Thread-safe.</summary>
internal sealed class CopyStager(IActorRef memory, IActorRef? cold, TimeProvider time)
{
    /// <summary>Reads a block. The task does not fail.</summary>
    public async Task<CopyStaged> StageAsync(StageCopy request)
    {
        if (cold is null)
            return new CopyStaged(request.Id, NotFound.Instance);
        try
        {
            var limit = new TimeLimit(time, request.Timeout);
            var answer = await cold.Ask<object>(new ColdFetch(default, request.Id, limit.Left, 0), limit.Left, CancellationToken.None);
            if (answer is not ColdFetched)
                return new CopyStaged(request.Id, answer);

            // The memory tier was told of the block before this asker was: when it answers anything, it has made the block readable.
            await memory.Ask<object>(ReportTier.Instance, limit.Left, CancellationToken.None);
            return new CopyStaged(request.Id, Failure: null);
        }
        catch (TimeoutException)
        {
            return new CopyStaged(request.Id, new Busy($"The block was not read from disk within {request.Timeout}."));
        }
        catch (Exception failure)
        {
            return new CopyStaged(request.Id, new Unavailable(failure.Message));
        }
    }
}
