using System.Runtime.InteropServices;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Gpu.Tests;

/// <summary>A small slab on the stand-in whose copies go on when the test says so, and host memory to copy from and to.</summary>
internal sealed unsafe class GpuSandbox : IDisposable
{
    public const int HostBytes = 4 << 20;
    public const int PieceBytes = 64 << 10;

    public static readonly NodeId Node = new(5);
    public static readonly GpuSlabOptions Options = new()
    {
        Node = Node,
        CapacityBytes = 8 << 20,
        MinCapacityBytes = 1 << 20,
        SlotCount = 64,
        MaxLeases = 16,
        PieceBytes = PieceBytes,
        PiecesInFlight = 4,
    };

    public GpuSandbox(Func<GpuSlabOptions, GpuSlabOptions>? change = null, bool reset = true)
    {
        if (reset)
            DriverStandIn.Reset();
        Host = (nint)NativeMemory.AlignedAlloc(HostBytes, 4096);
        NativeMemory.Clear((void*)Host, HostBytes);
        try
        {
            Slab = GpuSlab.Open(change is null ? Options : change(Options), Time, new GpuSlabHooks { WithoutThread = true, OnFailed = Failures.Add, DigestPieceChunks = 8 });
        }
        catch
        {
            NativeMemory.AlignedFree((void*)Host);
            throw;
        }
    }

    public ManualTime Time { get; } = new();

    public List<CudaException> Failures { get; } = [];

    public GpuSlab Slab { get; }

    /// <summary>Address of memory that is not registered unless the test does it.</summary>
    public nint Host { get; }

    public Span<byte> HostSpan(int offset, int length) => new((byte*)Host + offset, length);

    /// <summary>What the device holds at an address: the stand-in's memory is the host's.</summary>
    public static Span<byte> DeviceSpan(nint address, int length) => new((void*)address, length);

    /// <summary>Starts a copy; the result is there once it has ended.</summary>
    public CopyWitness Start(GpuCopyKind kind, nint from, nint to, long length, nint afterStream = 0)
    {
        var witness = new CopyWitness();
        witness.Start = Slab.TryStart(new GpuCopy(kind, from, to, length, afterStream), witness.Tell);
        return witness;
    }

    /// <summary>Lets the device do all it has, until nothing is under way.</summary>
    public void Finish()
    {
        for (var turn = 0; turn < 10_000; turn++)
        {
            var pace = Slab.Copier.Turn();
            if (DriverStandIn.Step() == 0 && pace == GpuPace.Idle)
                return;
        }

        Assert.Fail("The copies do not end.");
    }

    /// <summary>Puts a block of those bytes through a reservation and a copy.</summary>
    public CopyLocation Put(ReadOnlySpan<byte> bytes, string key = "")
    {
        Assert.True(Slab.TryReserve(bytes.Length, out var reservation));
        bytes.CopyTo(HostSpan(0, bytes.Length));
        var copied = Start(GpuCopyKind.ToDevice, Host, Slab.AddressOf(reservation), bytes.Length);
        Finish();
        Assert.Null(copied.Only.Failure);
        return Slab.Publish(reservation, IdOf(bytes), BindingOf(key));
    }

    public static BlockId IdOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3.Hash(bytes, digest);
        return MemoryMarshal.Read<BlockId>(digest);
    }

    public static KeyDigest KeyOf(string key)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3.Hash(System.Text.Encoding.UTF8.GetBytes(key), digest);
        return MemoryMarshal.Read<KeyDigest>(digest);
    }

    public static KeyBinding BindingOf(string key) => key.Length == 0 ? default : new KeyBinding(KeyOf(key), default, 0, new HybridTimestamp(1));

    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public void Dispose()
    {
        // What is under way, as after a failed assertion, would be waited for and not go on by itself.
        DriverStandIn.RunByItself();
        Slab.Dispose();
        NativeMemory.AlignedFree((void*)Host);
    }
}

/// <summary>How often, and how, a copy ended.</summary>
internal sealed class CopyWitness
{
    public List<GpuCopyResult> Results { get; } = [];

    public GpuCopyStart Start { get; set; }

    public GpuCopyResult Only => Assert.Single(Results);

    public void Tell(GpuCopyResult result) => Results.Add(result);
}
