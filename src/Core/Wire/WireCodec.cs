namespace Cascade.Core.Wire;

/// <summary>Writes the fields of a value, in the order of their numbers.</summary>
internal delegate void WriteFields<in T>(ref WireWriter w, T value);

/// <summary>Makes a value of fields. What it makes is of no use when <see cref="WireFields.Why"/> says something.</summary>
internal delegate T ReadFields<out T>(ref WireFields f);

/// <summary>How one type of message is written and read. Immutable.</summary>
internal abstract class WireCodec(uint number, Type type)
{
    /// <summary>One of <see cref="WireNumbers"/>.</summary>
    public uint Number { get; } = number;

    /// <summary>The message's type.</summary>
    public Type Type { get; } = type;

    /// <summary>Writes the fields of a message, which is of this type.</summary>
    public abstract void Write(ref WireWriter w, object message);

    /// <summary>Makes a message of fields.</summary>
    public abstract object Read(ref WireFields f);
}

/// <inheritdoc/>
internal sealed class WireCodec<T>(uint number, WriteFields<T> write, ReadFields<T> read) : WireCodec(number, typeof(T))
    where T : class
{
    /// <inheritdoc/>
    public override void Write(ref WireWriter w, object message) => write(ref w, (T)message);

    /// <inheritdoc/>
    public override object Read(ref WireFields f) => read(ref f);
}
