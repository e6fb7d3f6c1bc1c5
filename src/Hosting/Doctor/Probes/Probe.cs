using System.Text.Json;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>
/// Loads what may take a process down with it, or never come back: the code of drivers and of other libraries. It runs in a process of its own, of which the
/// checks see one line of JSON, or an end without it.
/// </summary>
internal static class Probe
{
    /// <summary>The verb of the process.</summary>
    public const string Verb = "doctor";

    /// <summary>The option that says what to load; not in the help.</summary>
    public const string Option = "--probe";

    /// <summary>Loads the MPI library.</summary>
    public const string Mpi = "mpi";

    /// <summary>Loads the CUDA driver.</summary>
    public const string Cuda = "cuda";

    /// <summary>Longer than whoever started the process waits for it: it must end though nobody kills it.</summary>
    private const uint LifeSecondsMax = 4;

    /// <summary>Gives the process the environment that it needs.</summary>
    /// <param name="environment">That of the process to be started.</param>
    public static void Prepare(IDictionary<string, string?> environment)
    {
        // UCX, which MPI loads, would take over the signals that the runtime makes exceptions of.
        environment["UCX_ERROR_SIGNALS"] = "";
        environment["DOTNET_DbgEnableMiniDump"] = "0";
    }

    /// <summary>Loads it, in this process, and writes what it says of itself.</summary>
    public static void Run(string kind, TextWriter output)
    {
        NativeFunctions.EndAfter(LifeSecondsMax);
        output.WriteLine(kind == Mpi ? JsonSerializer.Serialize(FoundMpi.Load()) : JsonSerializer.Serialize(CudaDriver.Load()));
        output.Flush();
    }
}
