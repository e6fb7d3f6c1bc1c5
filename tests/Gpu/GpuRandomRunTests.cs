using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Gpu.Tests;

/// <summary>Random use of a slab from a seed: blocks in, out, leased and freed, with copies that the driver refuses now and then; every byte is compared.</summary>
public sealed class GpuRandomRunTests
{
    private const int Areas = 12;
    private const int AreaBytes = GpuSandbox.HostBytes / Areas / 4096 * 4096;

    private readonly List<(CopyLocation Copy, byte[] Bytes, BlockId Id)> _resident = [];
    private readonly List<(GpuLease Lease, byte[] Bytes)> _leases = [];
    private readonly List<(CopyWitness Witness, Reservation Room, byte[] Bytes, int Area)> _filling = [];
    private readonly List<(CopyWitness Witness, GpuLease Lease, byte[] Bytes, int Area)> _reading = [];
    private readonly Stack<int> _areas = new(Enumerable.Range(0, Areas));
    private int _written;
    private int _read;
    private int _refused;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_byte_comes_back_whatever_happens(int seed)
    {
        var random = new Random(seed);
        using (var box = new GpuSandbox(o => o with { PiecesInFlight = 2 + random.Next(5), StreamsPerDirection = 1 + random.Next(3) }))
        {
            using var region = GpuHostRegion.Create(0, box.Host, GpuSandbox.HostBytes, pieceBytes: 256 << 10);
            box.Slab.Use(region);
            for (var step = 0; step < 600; step++)
            {
                // Registering comes about half way: before it copies are staged, after it they are not.
                if (step == 300)
                    region.Register();
                if (random.Next(40) == 0)
                    DriverStandIn.Fail(random.Next(2) == 0 ? "cuMemcpyHtoDAsync_v2" : "cuMemcpyDtoHAsync_v2", CudaCode.InvalidValue, 1 + random.Next(3));
                Step(box, random);
                Settle(box);
                Assert.All(_leases, held => Assert.True(GpuSandbox.DeviceSpan(held.Lease.DevicePointer, held.Bytes.Length).SequenceEqual(held.Bytes)));
            }

            DriverStandIn.Fail("none", 0, 0);
            box.Finish();
            Settle(box);
            Assert.Equal((0, 0, 0), (_filling.Count, _reading.Count, box.Slab.OpenCopies));
            CheckBooks(box);
            box.Slab.Dispose();
        }

        DriverStandIn.AssertEmpty();
        Assert.True(_written > 10 && _read > 5, $"Seed {seed}: {_written} blocks were written and {_read} read, {_refused} copies refused.");
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20).Append(Environment.TickCount & 0xFFFFFF)];

    private void Step(GpuSandbox box, Random random)
    {
        switch (random.Next(8))
        {
            case 0 or 1:
                Write(box, random);
                break;
            case 2:
                Lease(box, random);
                break;
            case 3 when _leases.Count > 3:
                foreach (var (lease, _) in _leases[..(_leases.Count / 2)])
                    lease.Dispose();
                _leases.RemoveRange(0, _leases.Count / 2);
                break;
            case 4:
                Read(box, random);
                break;
            case 5 when _resident.Count > 0:
                Free(box, random.Next(_resident.Count));
                break;
            case 6:
                DriverStandIn.Step(random.Next(12));
                break;
            default:
                box.Slab.Copier.Turn();
                break;
        }
    }

    private void Write(GpuSandbox box, Random random)
    {
        var bytes = GpuSandbox.Bytes(1 + random.Next(AreaBytes), random.Next());
        if (_areas.Count == 0 || !box.Slab.TryReserve(bytes.Length, out var room))
            return;
        var area = _areas.Pop();
        bytes.CopyTo(box.HostSpan(area * AreaBytes, bytes.Length));
        _filling.Add((box.Start(GpuCopyKind.ToDevice, box.Host + (area * AreaBytes), box.Slab.AddressOf(room), bytes.Length), room, bytes, area));
    }

    private void Lease(GpuSandbox box, Random random)
    {
        if (_resident.Count == 0)
            return;
        var (copy, bytes, id) = _resident[random.Next(_resident.Count)];
        var outcome = random.Next(2) == 0
            ? box.Slab.Directory.Lease(id, TimeSpan.FromMinutes(1), out var lease)
            : box.Slab.Directory.Lease(copy, TimeSpan.FromMinutes(1), out lease);
        if (outcome == LeaseOutcome.Leased)
            _leases.Add((lease, bytes));
        else
            Assert.Equal((LeaseOutcome.TooManyLeases, 16), (outcome, box.Slab.Directory.HeldLeases));
    }

    private void Read(GpuSandbox box, Random random)
    {
        if (_resident.Count == 0 || _areas.Count == 0)
            return;
        var (_, bytes, id) = _resident[random.Next(_resident.Count)];
        if (box.Slab.Directory.Lease(id, TimeSpan.FromMinutes(1), out var lease) != LeaseOutcome.Leased)
            return;
        var area = _areas.Pop();
        box.HostSpan(area * AreaBytes, AreaBytes).Clear();
        _reading.Add((box.Start(GpuCopyKind.ToHost, lease.DevicePointer, box.Host + (area * AreaBytes), bytes.Length), lease, bytes, area));
    }

    private void Free(GpuSandbox box, int index)
    {
        var (copy, _, id) = _resident[index];
        Assert.NotEqual(box.Slab.IsPinned(copy.Slot), box.Slab.TryFree(copy.Slot, copy.Generation));
        if (!box.Slab.TryFind(id, out _))
            _resident.RemoveAt(index);
    }

    /// <summary>Takes note of the copies that have ended.</summary>
    private void Settle(GpuSandbox box)
    {
        foreach (var (witness, room, bytes, area) in _filling.Where(f => f.Witness.Results.Count > 0).ToList())
        {
            if (witness.Only.Succeeded)
                _resident.Add((box.Slab.Publish(room, GpuSandbox.IdOf(bytes), default), bytes, GpuSandbox.IdOf(bytes)));
            else
                box.Slab.Cancel(room);
            (_written, _refused) = witness.Only.Succeeded ? (_written + 1, _refused) : (_written, _refused + 1);
            _areas.Push(area);
        }

        _filling.RemoveAll(f => f.Witness.Results.Count > 0);
        foreach (var (witness, lease, bytes, area) in _reading.Where(r => r.Witness.Results.Count > 0).ToList())
        {
            if (witness.Only.Succeeded)
                Assert.True(box.HostSpan(area * AreaBytes, bytes.Length).SequenceEqual(bytes));
            (_read, _refused) = witness.Only.Succeeded ? (_read + 1, _refused) : (_read, _refused + 1);
            Assert.False(box.HostSpan(area * AreaBytes, AreaBytes)[bytes.Length..].ContainsAnyExcept((byte)0));
            lease.Dispose();
            _areas.Push(area);
        }

        _reading.RemoveAll(r => r.Witness.Results.Count > 0);
    }

    private void CheckBooks(GpuSandbox box)
    {
        _leases.ForEach(held => held.Lease.Dispose());
        var seen = new List<CopyLocation>();
        box.Slab.Visit((copy, _, _) => seen.Add(copy));
        Assert.Equal(_resident.Select(r => r.Copy).OrderBy(c => c.Slot), seen);
        Assert.All(_resident, r => Assert.True(GpuSandbox.DeviceSpan(box.Slab.AddressOf(r.Copy), r.Bytes.Length).SequenceEqual(r.Bytes)));
        Assert.All(seen, copy => Assert.True(box.Slab.TryFree(copy.Slot, copy.Generation)));
        Assert.Equal((box.Slab.CapacityBytes, box.Slab.SlotCount), (box.Slab.FreeBytes, box.Slab.FreeSlots));
    }
}
