namespace Cascade.Core.Eviction;

/// <summary>A policy that collects the reads of all threads and takes them in when its own thread comes by.</summary>
public interface ISettledPolicy
{
    /// <summary>
    /// Takes in the reads noted so far. The tier's thread. Every other member but <c>Touch</c> does so by itself; after some thousand
    /// reads with none of them, further ones are lost.
    /// </summary>
    void Settle();
}
