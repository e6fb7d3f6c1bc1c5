namespace Cascade.Tiers.Gpu;

/// <summary>Device memory cannot be used as it is set up. The message says what was found and what to do.</summary>
public sealed class GpuRefusedException : Exception
{
    /// <summary>A refusal without words.</summary>
    public GpuRefusedException()
    {
    }

    /// <summary>A refusal.</summary>
    public GpuRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal that another failure led to.</summary>
    public GpuRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
