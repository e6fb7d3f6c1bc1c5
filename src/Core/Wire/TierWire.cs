using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of the messages to and from a memory tier that make sense from another node: tier.proto.</summary>
internal static class TierWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. BlockCodecs(), .. FigureCodecs()];

    private static WireCodec[] BlockCodecs() =>
    [
        new WireCodec<BindAlias>(
            WireNumbers.BindAlias,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Binding(2, m.Binding);
            },
            static (ref f) => new BindAlias(f.Block(1), f.Binding(2))),
        new WireCodec<AliasBound>(
            WireNumbers.AliasBound,
            static (ref w, m) =>
            {
                w.Flag(1, m.Recorded);
                w.Flag(2, m.IsHeld);
            },
            static (ref f) => new AliasBound(f.Flag(1), f.Flag(2))),
        new WireCodec<ReleaseKey>(
            WireNumbers.ReleaseKey,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Block(2, m.Id);
                w.Stamp(3, m.Stamp);
            },
            static (ref f) => new ReleaseKey(f.Key(1), f.Block(2), f.Stamp(3))),
        new WireCodec<KeyReleased>(
            WireNumbers.KeyReleased,
            static (ref w, m) => w.Signed(1, m.KeysLeft, first: -1),
            static (ref f) => new KeyReleased(f.Signed(1, first: -1))),
        new WireCodec<MakeDurable>(
            WireNumbers.MakeDurable,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Binding(2, m.Binding);
                w.Duration(3, m.Timeout);
            },
            static (ref f) => new MakeDurable(f.Block(1), f.Binding(2), f.Duration(3))),
        new WireCodec<MadeDurable>(
            WireNumbers.MadeDurable,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new MadeDurable(f.Block(1))),
        new WireCodec<ReportCorrupt>(
            WireNumbers.ReportCorrupt,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
            },
            static (ref f) => new ReportCorrupt(f.Block(1), f.Copy(2))),
    ];

    private static WireCodec[] FigureCodecs() =>
    [
        new WireCodec<ReportTier>(WireNumbers.ReportTier, static (ref _, _) => { }, static (ref _) => ReportTier.Instance),
        new WireCodec<TierReport>(
            WireNumbers.TierReport,
            static (ref w, m) =>
            {
                w.Amount(1, (int)m.Tier, (int)TierKind.Cold);
                w.Amount(2, m.CapacityBytes);
                w.Amount(3, m.FreeBytes);
                w.Amount(4, m.Blocks);
                w.Amount(5, m.Published);
                w.Amount(6, m.Evicted);
                w.Amount(7, m.Demoted);
                w.Amount(8, m.Promoted);
                w.Amount(9, m.Dropped);
                w.Amount(10, m.Corrupt);
                w.Amount(11, m.BusyAnswers);
                w.Amount(12, m.WaitingPuts);
            },
            static (ref f) => new TierReport(
                (TierKind)f.Count(1, (int)TierKind.Cold), f.Amount(2), f.Amount(3), f.Count(4), f.Amount(5), f.Amount(6),
                f.Amount(7), f.Amount(8), f.Amount(9), f.Amount(10), f.Amount(11), f.Count(12))),
    ];
}
