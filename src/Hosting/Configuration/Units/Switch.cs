namespace Cascade.Hosting.Configuration.Units;

/// <summary>Booleans: the six words of the HOCON specification.</summary>
internal static class Switch
{
    /// <summary>Reads a boolean; null for anything but true, yes, on, false, no, off.</summary>
    public static bool? TryParse(string text) => text switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => null,
    };
}
