using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from an access tracker: tracker.proto.</summary>
internal static class TrackerWire
{
    private const int ReadsMax = 15;

    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<EstimateFrequency>(
            WireNumbers.EstimateFrequency,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new EstimateFrequency(f.Block(1))),
        new WireCodec<FrequencyEstimate>(
            WireNumbers.FrequencyEstimate,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Amount(2, m.Reads, ReadsMax);
            },
            static (ref f) => new FrequencyEstimate(f.Block(1), f.Count(2, ReadsMax))),
    ];
}
