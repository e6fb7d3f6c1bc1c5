using System.Diagnostics.CodeAnalysis;
using System.Net;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>A bounded number of connections to one peer, for pulls of one kind. Thread-safe.</summary>
internal sealed class BulkLane(
    BulkClientOptions options, BulkSecurity security, TimeProvider time, NodeId peer, EndPoint endPoint, int limit) : IDisposable
{
    private readonly SemaphoreSlim _places = new(limit, limit);
    private readonly Stack<BulkConnection> _idle = new();
    private bool _disposed;

    /// <summary>Gives a connection, when one of the places is free or becomes so before the deadline. Blocks.</summary>
    public BulkConnection Take(CancellationToken deadline)
    {
        _places.Wait(deadline);
        return Open(deadline);
    }

    /// <summary>Gives a connection when a place is free now; else null. Blocks while it connects.</summary>
    public BulkConnection? TryTake(CancellationToken deadline) => _places.Wait(0, deadline) ? Open(deadline) : null;

    /// <summary>Takes a connection back; one that stands in the middle of an answer is closed.</summary>
    public void Return(BulkConnection connection)
    {
        lock (_idle)
        {
            if (connection.IsClean && !_disposed)
                _idle.Push(connection);
            else
                connection.Dispose();
        }

        _places.Release();
    }

    /// <summary>Closes what is idle, and what is in use as it comes back.</summary>
    public void Dispose()
    {
        // The count of places has no handle to close, and pulls that end later still give theirs back.
        lock (_idle)
        {
            _disposed = true;
            while (_idle.TryPop(out var connection))
                connection.Dispose();
        }
    }

    private BulkConnection Open(CancellationToken deadline)
    {
        try
        {
            while (TryPop(out var idle))
            {
                if (idle.IsQuiet)
                    return idle;
                idle.Dispose();
            }

            using var connecting = new BulkDeadline(options.ConnectTimeout, time, deadline);
            try
            {
                return BulkConnection.Connect(options, security, peer, endPoint, connecting.Token);
            }
            catch (Exception) when (connecting.IsOver && !deadline.IsCancellationRequested)
            {
                throw new IOException($"{peer} at {endPoint} did not answer within {options.ConnectTimeout}.");
            }
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    private bool TryPop([NotNullWhen(true)] out BulkConnection? connection)
    {
        lock (_idle)
            return _idle.TryPop(out connection);
    }
}
