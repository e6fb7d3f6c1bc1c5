namespace Cascade.Core.Ports;

/// <summary>Is told of every copy that is read.</summary>
public interface IReadNotes
{
    /// <summary>A copy was read. Any thread; allocates nothing; may be lossy under contention.</summary>
    void Touch(uint slot);
}
