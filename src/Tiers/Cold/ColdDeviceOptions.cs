namespace Cascade.Tiers.Cold;

/// <summary>The bounds of a cold device.</summary>
public sealed record ColdDeviceOptions
{
    /// <summary>Threads, each of which carries out one request at a time: 1 to 256.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>Requests that wait for a thread: one more is answered with an I/O error at once.</summary>
    public int QueueMax { get; init; } = 4096;

    /// <summary>
    /// How long a request may wait for a thread before it is answered with an I/O error. One that has begun ends when the kernel ends it: until
    /// then the disk may still read or write the memory.
    /// </summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Files that are kept open while nothing is done with them: 1 or more.</summary>
    public int OpenFilesMax { get; init; } = 64;

    /// <summary>Of so many reads one is checked against the block's id: 1 checks all.</summary>
    public int VerifyEvery { get; init; } = 1;

    /// <summary>
    /// True to set a file's room aside on the disk when it is made: a full disk shows then, the file lies together, and records are
    /// written side by side, since none of them makes the file longer. What a file does not use in the end stays taken until it is
    /// truncated or deleted. Where the file system cannot, nothing is set aside.
    /// </summary>
    public bool Preallocate { get; init; } = true;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(QueueTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenFilesMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(VerifyEvery, 1);
    }
}
