namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <inheritdoc/>
    public async ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options, CancellationToken cancellationToken)
    {
        if (options?.Id is not null)
            throw new ArgumentException("PutOptions.Id names one block; put blocks with known ids one by one.", nameof(options));
        var results = new PutResult[blocks.Length];
        var next = -1;
        var workers = Math.Min(_node.Defaults.PutWorkers, blocks.Length);
        if (workers <= 1)
            await WorkAsync();
        else
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, cancellationToken)));
        return results;

        // Workers take the blocks in order, so that a parent is in before its children are begun, but for one or two.
        async Task WorkAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < results.Length;)
                results[i] = await PutAsync(blocks.Span[i].Key, blocks.Span[i].Bytes, options, cancellationToken);
        }
    }
}
