using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of replies to many requests: outcomes.proto.</summary>
internal static class OutcomeWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<NotFound>(WireNumbers.NotFound, static (ref _, _) => { }, static (ref _) => NotFound.Instance),
        new WireCodec<Busy>(
            WireNumbers.Busy,
            static (ref w, m) => w.Reason(1, m.Reason),
            static (ref f) => new Busy(f.Text(1))),
        new WireCodec<Unavailable>(
            WireNumbers.Unavailable,
            static (ref w, m) => w.Reason(1, m.Reason),
            static (ref f) => new Unavailable(f.Text(1))),
        new WireCodec<Refused>(
            WireNumbers.Refused,
            static (ref w, m) => w.Reason(1, m.Reason),
            static (ref f) => new Refused(f.Text(1))),
        new WireCodec<Moved>(WireNumbers.Moved, static (ref _, _) => { }, static (ref _) => Moved.Instance),
    ];
}
