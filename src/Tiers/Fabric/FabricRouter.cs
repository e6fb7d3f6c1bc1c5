using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Fabric;

/// <summary>Pulls by the best fabric that works, as a <see cref="FabricChooser"/> decides. Thread-safe.</summary>
public sealed class FabricRouter
{
    private readonly FabricChooser _chooser;
    private readonly TimeProvider _time;
    private readonly IPayloadFabric?[] _fabrics = new IPayloadFabric?[Enum.GetValues<FabricKind>().Length];
    private readonly IPayloadFabric[] _order;
    private readonly (long Pulls, long Bytes)[] _pulled = new (long, long)[Enum.GetValues<FabricKind>().Length];
    private readonly Lock _turn = new();

    /// <summary>Starts with no peers.</summary>
    /// <param name="settings">How fabrics are chosen.</param>
    /// <param name="time">The clock.</param>
    /// <param name="fabrics">The fabrics, in the order in which they are tried.</param>
    /// <exception cref="ArgumentException">A setting is outside its range, or two fabrics are of one kind.</exception>
    public FabricRouter(FabricChooserSettings settings, TimeProvider time, params ReadOnlySpan<IPayloadFabric> fabrics)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_chooser, _time, _order) = (new FabricChooser(settings), time, fabrics.ToArray());
        foreach (var fabric in fabrics)
        {
            if (_fabrics[(int)fabric.Kind] is not null)
                throw new ArgumentException($"There are two fabrics of the kind {fabric.Kind}.", nameof(fabrics));
            _fabrics[(int)fabric.Kind] = fabric;
        }
    }

    /// <summary>What came by each fabric that there is, in the order in which they are tried. Memory that was read where it lies is not in it.</summary>
    public IReadOnlyList<FabricTraffic> Traffic
    {
        get
        {
            lock (_turn)
                return [.. _order.Select(fabric => new FabricTraffic(fabric.Kind, _pulled[(int)fabric.Kind].Pulls, _pulled[(int)fabric.Kind].Bytes))];
        }
    }

    /// <summary>Takes a peer in, or looks anew by which fabrics it can be reached: when it joins, and when it comes back. False when there are too many.</summary>
    public bool TryAdd(NodeId peer)
    {
        var order = Array.FindAll(_order, fabric => fabric.CanReach(peer)).Select(static fabric => fabric.Kind).ToArray();
        lock (_turn)
            return _chooser.TrySetFabrics(peer, order);
    }

    /// <summary>Forgets a peer that has left.</summary>
    public void Forget(NodeId peer)
    {
        lock (_turn)
            _chooser.Forget(peer);
    }

    /// <summary>
    /// Pulls by one fabric after another within the time given; the result is the last one's. Anything but <see cref="PullOutcome.Done"/> is a
    /// miss to the reader. The same promises as those of <see cref="IPayloadFabric.PullAsync"/> hold.
    /// </summary>
    public async Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default)
    {
        request.Validate();
        var start = _time.GetTimestamp();
        var result = PullResult.Unreachable($"{request.Source.Node} is not known, or all ways to it rest after failures");
        FabricTrial trial;
        FabricStep step;
        lock (_turn)
            step = _chooser.Begin(Now, request.Source.Node, out trial, request.Target.LengthBytes);
        while (step.Action == FabricAction.Try)
        {
            var left = request.Timeout - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                return PullResult.TimedOut;
            result = await _fabrics[(int)step.Kind]!.PullAsync(request with { Timeout = left }, cancellation);
            lock (_turn)
            {
                if (result.Outcome == PullOutcome.Done)
                {
                    ref var pulled = ref _pulled[(int)step.Kind];
                    pulled = (pulled.Pulls + 1, pulled.Bytes + request.Target.LengthBytes);
                }

                step = _chooser.Report(Now, ref trial, result.Outcome);
            }
        }

        return result;
    }

    private TimeSpan Now => _time.GetElapsedTime(0, _time.GetTimestamp());
}
