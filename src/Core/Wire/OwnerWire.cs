using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from the owner of a block: owner.proto.</summary>
internal static class OwnerWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. FillingCodecs(), .. ReadingCodecs(), .. CopyCodecs(), .. MovingCodecs(), .. LifeCodecs()];

    private static WireCodec[] FillingCodecs() =>
    [
        new WireCodec<Begin>(
            WireNumbers.Begin,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Node(2, m.Writer);
                w.Length(3, m.LengthBytes);
                w.Duration(4, m.Timeout);
            },
            static (ref f) => new Begin(f.Block(1), f.Node(2), f.Length(3), f.Duration(4))),
        new WireCodec<BeginGranted>(
            WireNumbers.BeginGranted,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.Fill);
            },
            static (ref f) => new BeginGranted(f.Block(1), f.UInt64(2))),
        new WireCodec<AlreadyPresent>(
            WireNumbers.AlreadyPresent,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
            },
            static (ref f) => new AlreadyPresent(f.Block(1), f.Copy(2))),
        new WireCodec<Commit>(
            WireNumbers.Commit,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.Fill);
                w.Copy(3, m.Copy);
            },
            static (ref f) => new Commit(f.Block(1), f.UInt64(2), f.Copy(3))),
        new WireCodec<Committed>(
            WireNumbers.Committed,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new Committed(f.Block(1))),
        new WireCodec<Abort>(
            WireNumbers.Abort,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.Fill);
            },
            static (ref f) => new Abort(f.Block(1), f.UInt64(2))),
    ];

    private static WireCodec[] ReadingCodecs() =>
    [
        new WireCodec<Locate>(
            WireNumbers.Locate,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Node(2, m.Reader);
                w.Duration(3, m.LeaseFor);
            },
            static (ref f) => new Locate(f.Block(1), f.Node(2), f.Duration(3))),
        new WireCodec<Located>(
            WireNumbers.Located,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.UInt64(3, m.Lease);
                w.Duration(4, m.LeaseFor);
            },
            static (ref f) => new Located(f.Block(1), f.Copy(2), f.UInt64(3), f.Duration(4))),
        new WireCodec<Release>(
            WireNumbers.Release,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.Lease);
            },
            static (ref f) => new Release(f.Block(1), f.UInt64(2))),
    ];

    private static WireCodec[] CopyCodecs() =>
    [
        new WireCodec<AddCopy>(
            WireNumbers.AddCopy,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
            },
            static (ref f) => new AddCopy(f.Block(1), f.Copy(2))),
        new WireCodec<RemoveCopy>(
            WireNumbers.RemoveCopy,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.BindingOrNone(3, m.Binding);
            },
            static (ref f) => new RemoveCopy(f.Block(1), f.Copy(2), f.BindingOrNone(3))),
        new WireCodec<Evict>(
            WireNumbers.Evict,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.Flag(3, m.Discard);
                w.UInt64(4, m.Attempt);
            },
            static (ref f) => new Evict(f.Block(1), f.Copy(2), f.Flag(3), f.UInt32(4))),
        new WireCodec<EvictGranted>(
            WireNumbers.EvictGranted,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.Flag(3, m.WasLast);
                w.UInt64(4, m.Attempt);
            },
            static (ref f) => new EvictGranted(f.Block(1), f.Copy(2), f.Flag(3), f.UInt32(4))),
        new WireCodec<EvictRefused>(
            WireNumbers.EvictRefused,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.Amount(3, (int)m.Reason, (int)EvictRefusal.Busy);
            },
            static (ref f) => new EvictRefused(f.Block(1), f.Copy(2), (EvictRefusal)f.Count(3, (int)EvictRefusal.Busy))),
    ];

    private static WireCodec[] MovingCodecs() =>
    [
        new WireCodec<Demote>(
            WireNumbers.Demote,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.Amount(3, (int)m.To, (int)TierKind.Cold);
            },
            static (ref f) => new Demote(f.Block(1), f.Copy(2), (TierKind)f.Count(3, (int)TierKind.Cold))),
        new WireCodec<Promote>(
            WireNumbers.Promote,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Tier(2, m.To);
                w.BindingOrNone(3, m.Binding);
            },
            static (ref f) => new Promote(f.Block(1), f.TierOf(2), f.BindingOrNone(3))),
        new WireCodec<Promoting>(
            WireNumbers.Promoting,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Tier(2, m.To);
            },
            static (ref f) => new Promoting(f.Block(1), f.TierOf(2))),
        new WireCodec<Pull>(
            WireNumbers.Pull,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Source);
                w.UInt64(3, m.Lease);
                w.Duration(4, m.LeaseFor);
                w.BindingOrNone(5, m.Binding);
            },
            static (ref f) => new Pull(f.Block(1), f.Copy(2), f.UInt64(3), f.Duration(4), f.BindingOrNone(5))),
        new WireCodec<Drop>(
            WireNumbers.Drop,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
            },
            static (ref f) => new Drop(f.Block(1), f.Copy(2))),
    ];

    private static WireCodec[] LifeCodecs() =>
    [
        new WireCodec<Protect>(
            WireNumbers.Protect,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Key(2, m.Key);
            },
            static (ref f) => new Protect(f.Block(1), f.Key(2))),
        new WireCodec<Unprotect>(
            WireNumbers.Unprotect,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Key(2, m.Key);
            },
            static (ref f) => new Unprotect(f.Block(1), f.Key(2))),
        new WireCodec<ProtectDone>(
            WireNumbers.ProtectDone,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Amount(2, m.Registrations);
            },
            static (ref f) => new ProtectDone(f.Block(1), f.Count(2))),
        new WireCodec<Delete>(
            WireNumbers.Delete,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new Delete(f.Block(1))),
        new WireCodec<Deleted>(
            WireNumbers.Deleted,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new Deleted(f.Block(1))),
        new WireCodec<Describe>(
            WireNumbers.Describe,
            static (ref w, m) => w.Block(1, m.Id),
            static (ref f) => new Describe(f.Block(1))),
        new WireCodec<BlockDescription>(
            WireNumbers.BlockDescription,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Amount(2, (int)m.State, (int)BlockState.Draining);
                w.List(3, m.Copies, WireLimits.EntriesMax, PlacementWire.WriteCopy);
                w.Amount(4, m.Leases);
                w.Amount(5, m.Registrations);
            },
            static (ref f) => new BlockDescription(
                f.Block(1), (BlockState)f.Count(2, (int)BlockState.Draining),
                f.List(3, WireLimits.EntriesMax, PlacementWire.ReadCopy), f.Count(4), f.Count(5))),
    ];
}
