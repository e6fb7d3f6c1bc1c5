namespace Cascade.Tiers.Mpi;

/// <summary>MPI cannot be used as it was started or set up. The message says what was found and what to do.</summary>
public sealed class MpiRefusedException : Exception
{
    /// <summary>A refusal without words.</summary>
    public MpiRefusedException()
    {
    }

    /// <summary>A refusal.</summary>
    public MpiRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal that another failure led to.</summary>
    public MpiRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True when the job's starter and the MPI library do not know of each other, so that each rank believes to be alone.</summary>
    public bool IsWrongStart { get; init; }
}
