using System.Globalization;

namespace Cascade.Simulation.Plan;

/// <summary>Events as lines of text: index, milliseconds after the one before, kind, and what belongs to it.</summary>
/// <remarks>
/// A call: <c>7 +12.5 Put n3 k4 x1 c2 h30</c> (node, first key, number of keys, draw of the content, milliseconds that a lease is held), and <c>m2</c> behind it for a put on two
/// machines, <c>m-1</c> for one on disk. A fault:
/// <c>8 +3.25 Divide n0 o1 s1f</c> (node, other node, nodes of one side in bits).
/// </remarks>
internal static class EventText
{
    public static string Write(SimEvent known)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{known.Index} +{known.Gap.TotalMilliseconds:0.####}");
        return known switch
        {
            CallEvent call => start
                + Text($" {call.Kind} n{call.Node} k{call.Key} x{call.Count} c{call.Content} h{call.Hold.TotalMilliseconds:0.####}")
                + (call.Machines == 0 ? "" : Text($" m{call.Machines}")),
            FaultEvent fault => start + Text($" {fault.Kind} n{fault.Node} o{fault.Other} s{fault.Side:x}"),
            _ => throw new ArgumentException($"{known.GetType().Name} has no text.", nameof(known)),
        };
    }

    /// <exception cref="FormatException">The line is no event.</exception>
    public static SimEvent Read(string line)
    {
        var words = line.Split(' ');
        try
        {
            var (index, gap) = (Number(words[0], ""), Milliseconds(words[1], "+"));
            var node = Number(words[3], "n");
            if (Enum.TryParse<CallKind>(words[2], out var call))
                return new CallEvent(index, gap, call, node, Number(words[4], "k"), Number(words[5], "x"), Number(words[6], "c"), Milliseconds(words[7], "h"))
                {
                    Machines = words.Length > 8 ? Number(words[8], "m") : 0,
                };
            var side = ulong.Parse(Value(words[5], "s"), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return new FaultEvent(index, gap, Enum.Parse<FaultKind>(words[2]), node, Number(words[4], "o"), side);
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new FormatException($"'{line}' is no event: {e.Message}", e);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Value(string word, string name) => word.StartsWith(name, StringComparison.Ordinal)
        ? word[name.Length..]
        : throw new FormatException($"'{word}' does not begin with '{name}'.");

    private static int Number(string word, string name) => int.Parse(Value(word, name), CultureInfo.InvariantCulture);

    private static TimeSpan Milliseconds(string word, string name) =>
        TimeSpan.FromTicks((long)Math.Round(double.Parse(Value(word, name), CultureInfo.InvariantCulture) * TimeSpan.TicksPerMillisecond));
}
