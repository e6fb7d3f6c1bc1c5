namespace Cascade.Core.Cold;

/// <summary>Memory that holds or is to hold a payload. The core hands it through and never looks inside.</summary>
/// <param name="Address">
/// What the shell finds it by, such as its offset in the arena's payload area: a multiple of 4 KiB. Opaque to the core.
/// </param>
/// <param name="LengthBytes">Bytes of the payload. The memory goes on to the next multiple of 4 KiB.</param>
public readonly record struct PayloadMemory(long Address, long LengthBytes);
