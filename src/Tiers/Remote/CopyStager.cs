using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Remote;

namespace Cascade.Tiers.Remote;

/// <summary>Has blocks of this node's cold tier and of its device memory brought into its memory. Thread-safe.</summary>
internal sealed class CopyStager(IActorRef memory, IActorRef? cold, IActorRef? gpu, TimeProvider time)
{
    /// <summary>Brings a block into memory. The task does not fail.</summary>
    public async Task<CopyStaged> StageAsync(StageCopy request)
    {
        if ((request.From == TierKind.Gpu ? gpu : cold) is not { } tier)
            return new CopyStaged(request.Id, NotFound.Instance);
        try
        {
            var limit = new TimeLimit(time, request.Timeout);
            var answer = await tier.Ask<object>(new ColdFetch(default, request.Id, limit.Left, 0), limit.Left, CancellationToken.None);
            if (answer is not ColdFetched)
                return new CopyStaged(request.Id, answer);

            // The memory tier was told of the block before this asker was: when it answers anything, it has made the block readable.
            await memory.Ask<object>(ReportTier.Instance, limit.Left, CancellationToken.None);
            return new CopyStaged(request.Id, Failure: null);
        }
        catch (TimeoutException)
        {
            return new CopyStaged(request.Id, new Busy($"The block was not brought into memory within {request.Timeout}."));
        }
        catch (Exception failure)
        {
            return new CopyStaged(request.Id, new Unavailable(failure.Message));
        }
    }
}
