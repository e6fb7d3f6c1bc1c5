using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cascade.Core.Allocation;

/// <summary>A zeroed array outside the managed heap. Pages of a large table take memory only once they are written.</summary>
/// <remarks>The index is checked in debug builds only; the owner keeps itself alive across each use (GC.KeepAlive).</remarks>
internal sealed unsafe class NativeTable<T> : IDisposable
    where T : unmanaged
{
    private T* _items;

    public NativeTable(long length)
    {
        _items = (T*)NativeMemory.AllocZeroed(checked((nuint)length), (nuint)sizeof(T));
        Length = length;
    }

    ~NativeTable() => Release();

    /// <summary>Items the table holds.</summary>
    public long Length { get; private set; }

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert(_items != null && (ulong)index < (ulong)Length, "The index lies outside the native table.");
            return ref _items[index];
        }
    }

    /// <summary>Lengthens the table; what is added is zero. References taken before are void.</summary>
    public void Grow(long length)
    {
        _items = (T*)NativeMemory.Realloc(_items, checked((nuint)length * (nuint)sizeof(T)));
        NativeMemory.Clear(_items + Length, (nuint)(length - Length) * (nuint)sizeof(T));
        Length = length;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.Free(_items);
        _items = null;
        Length = 0;
    }
}
