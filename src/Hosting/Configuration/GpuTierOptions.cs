using System.Globalization;

namespace Cascade.Hosting.Configuration;

/// <summary>Settings of the tier of device memory.</summary>
public sealed record GpuTierOptions
{
    private const long CapacityMax = 1L << 50;
    private const long PageBytes = 4096;
    private const long MinCapacityMin = 1L << 20;
    private const int DevicesMax = 64;

    /// <summary>True when the node is to have such a tier, if there is a device.</summary>
    public bool IsWanted => CapacityBytes > 0 || FreeShare > 0;

    /// <summary>Bytes of each device for blocks: a multiple of 4 KiB; 0 to go by <see cref="FreeShare"/>.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Where no bytes are given: how much of the memory that is free at start, 0 to 1; 0 for none.</summary>
    public required double FreeShare { get; init; }

    /// <summary>Bytes that a device has to give at least, else the node does not start: a multiple of 4 KiB.</summary>
    public required long MinCapacityBytes { get; init; }

    /// <summary>Numbers of the devices in this process; none for all of them.</summary>
    public required ValueList<int> Devices { get; init; }

    /// <summary>Whether the devices are let at shared memory, so that copies need no staging.</summary>
    public required bool RegistersMemory { get; init; }

    /// <summary>Puts and reads that may wait for room at one time.</summary>
    public required int WaitingPutsMax { get; init; }

    internal static GpuTierOptions Read(OptionsReader reader)
    {
        var capacity = reader.SizeBytes("capacity", 0, CapacityMax);
        var least = reader.SizeBytes("min-capacity", MinCapacityMin, CapacityMax);
        RequirePages(reader, "capacity", capacity);
        RequirePages(reader, "min-capacity", least);
        if (capacity > 0 && least > capacity)
            reader.Fail("min-capacity", $"{least} bytes are more than the capacity of {capacity}; lower min-capacity or raise capacity");
        return new()
        {
            CapacityBytes = capacity,
            FreeShare = reader.Share("free-share"),
            MinCapacityBytes = least,
            Devices = new ValueList<int>(ReadDevices(reader)),
            RegistersMemory = reader.Boolean("register-memory"),
            WaitingPutsMax = reader.Integer("waiting-puts-max", 0, ShmTierOptions.WaitingPutsLimit),
        };
    }

    private static int[] ReadDevices(OptionsReader reader)
    {
        var devices = reader.Texts("devices", $"numbers of devices from 0 to {DevicesMax - 1}", IsDevice).Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        if (devices.Distinct().Count() < devices.Length)
            reader.Fail("devices", "a device is named twice");
        return devices;
    }

    private static bool IsDevice(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var device) && device < DevicesMax;

    private static void RequirePages(OptionsReader reader, string key, long bytes)
    {
        if (bytes % PageBytes is > 0 and var over)
            reader.Fail(key, $"expected a multiple of 4 KiB; the next is {bytes + PageBytes - over}");
    }
}
