using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>The memory that payloads are written from and read into, such as an arena's payload area.</summary>
/// <param name="Address">Address of its first byte: a multiple of 4 KiB. It stays mapped until the device is disposed.</param>
/// <param name="LengthBytes">Its length. A <see cref="PayloadMemory.Address"/> is an offset in it.</param>
public readonly record struct PayloadArea(nint Address, long LengthBytes)
{
    /// <summary>Where a payload lies.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload, padded to 4 KiB, is not within the area, or does not begin at 4 KiB.</exception>
    internal nint AddressOf(in PayloadMemory memory)
    {
        var padded = Pages.Padded(memory.LengthBytes);
        if (memory.LengthBytes <= 0 || memory.Address < 0 || memory.Address % Pages.SizeBytes != 0 || memory.Address > LengthBytes - padded)
            throw new ArgumentOutOfRangeException(
                nameof(memory), memory, $"The memory is not one of whole pages within the payload area of {LengthBytes} bytes.");
        return Address + (nint)memory.Address;
    }
}
