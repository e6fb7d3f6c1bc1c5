using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Cascade.Tiers.Shm;

/// <summary>The descriptor table in the mapped file. One thread changes it; any thread and any process may read.</summary>
/// <remarks>
/// A change goes: odd generation, fields and checksum, even generation. Who reads the fields between two reads of one even
/// generation has read them whole.
/// </remarks>
internal sealed unsafe class DescriptorTable(nint address, int count)
{
    private readonly Descriptor* _entries = (Descriptor*)address;

    /// <summary>Entries of the table.</summary>
    public int Count { get; } = count;

    /// <summary>The entry of a slot, in place.</summary>
    public ref Descriptor this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert(slot < (uint)Count, "The slot lies outside the descriptor table.");
            return ref _entries[slot];
        }
    }

    /// <summary>Makes an entry's generation odd, before anything of it changes; gives the odd generation.</summary>
    public uint BeginChange(uint slot)
    {
        var odd = this[slot].Generation | 1;
        Volatile.Write(ref this[slot].Generation, odd);
        Interlocked.MemoryBarrier();
        return odd;
    }

    /// <summary>Marks an entry whose generation is odd as set aside for a block.</summary>
    public void MarkFilling(uint slot) => this[slot].Kind = DescriptorKind.Filling;

    /// <summary>Writes what a changing entry is from now on and makes its generation even; gives that generation.</summary>
    public uint Commit(uint slot, Descriptor content)
    {
        ref var entry = ref this[slot];
        var odd = entry.Generation;
        if ((odd & 1) == 0)
            throw new InvalidOperationException($"Slot {slot} is not being changed: its generation {odd} is even. Begin the change first.");
        content.Generation = odd + 1;
        content.Checksum = content.ComputeChecksum();
        content.Generation = odd;
        entry = content;
        Volatile.Write(ref entry.Generation, odd + 1);
        return odd + 1;
    }

    /// <summary>Makes an entry free; gives its generation.</summary>
    public uint Clear(uint slot)
    {
        BeginChange(slot);
        return Commit(slot, default);
    }

    /// <summary>Says by one store that an entry's key no longer names its block.</summary>
    public void RetireKey(uint slot) => Volatile.Write(ref this[slot].KeyRetired, Descriptor.Retired);
}
