namespace Cascade.Core.Cold;

/// <summary>A receiver of what the cold tier's core wants done, beside those who asked it something.</summary>
public sealed class ColdPort
{
    /// <summary>The block device: gets every <see cref="DeviceRequest"/>.</summary>
    public static readonly ColdPort Device = new("device");

    /// <summary>Who has memory to give: gets <see cref="RoomNeeded"/>, <see cref="RoomFilled"/> and <see cref="RoomReturned"/>.</summary>
    public static readonly ColdPort Memory = new("memory");

    /// <summary>Who runs the tier: gets <see cref="ColdReady"/> and <see cref="ReadAheadProposed"/>.</summary>
    public static readonly ColdPort Tier = new("tier");

    private readonly string _name;

    private ColdPort(string name) => _name = name;

    /// <inheritdoc/>
    public override string ToString() => _name;
}
