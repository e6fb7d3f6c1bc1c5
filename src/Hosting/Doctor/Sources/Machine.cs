using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>All that checks look at.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Network">Its network.</param>
/// <param name="Programs">Its programs.</param>
/// <param name="Environment">Variables of this process.</param>
/// <param name="Processor">Its processors.</param>
/// <param name="ReadClock">Says how well its clock goes; null when the system does not tell.</param>
/// <param name="Time">The clock.</param>
internal sealed record Machine(
    ISystemFiles Files, INetworkFacts Network, IPrograms Programs, IReadOnlyDictionary<string, string> Environment, ProcessorFacts Processor,
    Func<ClockState?> ReadClock, TimeProvider Time)
{
    /// <summary>The machine that this process runs on.</summary>
    public static Machine This(TimeProvider time) => new(
        new SystemFiles(), new NetworkFacts(), new Programs(), ConfigurationSources.ProcessEnvironment(), ProcessorFacts.OfProcess(), SystemClock.Read, time);

    /// <summary>A variable; null when it is not set, or set to nothing.</summary>
    public string? Variable(string name) => Environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}

/// <summary>What a process may use of the processors.</summary>
/// <param name="Count">Processors that it may run on.</param>
/// <param name="Instructions">The widest vector instructions that block digests use; empty for none.</param>
/// <param name="Lanes">Chunks that are hashed at one time on one processor.</param>
internal readonly record struct ProcessorFacts(int Count, string Instructions, int Lanes)
{
    /// <summary>Those of this process.</summary>
    public static ProcessorFacts OfProcess()
    {
        var (instructions, lanes) =
            Avx512F.IsSupported ? ("AVX-512", 16) : Avx2.IsSupported ? ("AVX2", 8) : Sse2.IsSupported ? ("SSE2", 4) : AdvSimd.Arm64.IsSupported ? ("NEON", 4) : ("", 1);
        return new(System.Environment.ProcessorCount, instructions, lanes);
    }
}

/// <summary>How well a clock goes.</summary>
/// <param name="IsSynchronized">True when something keeps it at the right time.</param>
/// <param name="ErrorMax">How wrong it may be, by what keeps it.</param>
internal readonly record struct ClockState(bool IsSynchronized, TimeSpan ErrorMax);
