using System.Buffers;
using System.Collections;
using Cascade.Core.Wire;

namespace Cascade.Core.Tests.Wire;

/// <summary>Writing and reading with the answers checked, and comparing messages by all that they hold.</summary>
internal static class WireHarness
{
    public static byte[] Write(object message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Assert.True(WireTable.TryWrite(message, buffer, out var type, out var why), why);
        Assert.Equal(message.GetType(), WireTable.Types[type]);
        Assert.Null(why);
        return buffer.WrittenSpan.ToArray();
    }

    public static string NotWritten(object message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Assert.False(WireTable.TryWrite(message, buffer, out var type, out var why));
        Assert.Equal((WireNumbers.None, 0), (type, buffer.WrittenCount));
        return why;
    }

    public static object Read(uint type, ReadOnlySpan<byte> bytes)
    {
        Assert.True(WireTable.TryRead(type, bytes, out var message, out var why), why);
        Assert.Null(why);
        return message;
    }

    public static string NotRead(uint type, ReadOnlySpan<byte> bytes)
    {
        Assert.False(WireTable.TryRead(type, bytes, out var message, out var why));
        Assert.Null(message);
        return why;
    }

    /// <summary>What differs; null when nothing does. Lists are compared by their entries, as the records themselves are not.</summary>
    public static string? Difference(object one, object other)
    {
        if (one.GetType() != other.GetType())
            return $"{one.GetType().Name} and {other.GetType().Name}";
        foreach (var parameter in SampleMessages.Parameters(one.GetType()))
        {
            var property = one.GetType().GetProperty(parameter.Name!)!;
            object? mine = property.GetValue(one), theirs = property.GetValue(other);
            var isSame = mine is IEnumerable list and not string && theirs is IEnumerable others
                ? list.Cast<object>().SequenceEqual(others.Cast<object>())
                : Equals(mine, theirs);
            if (!isSame)
                return $"{one.GetType().Name}.{parameter.Name}: {mine} and {theirs}";
        }
        return null;
    }
}
