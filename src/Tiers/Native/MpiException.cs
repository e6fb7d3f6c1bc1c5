using System.Text;

namespace Cascade.Tiers.Native;

/// <summary>A call of MPI failed. The message says which, and why, in the library's words.</summary>
public sealed class MpiException : Exception
{
    /// <summary>A failure without words.</summary>
    public MpiException()
    {
    }

    /// <summary>A failure.</summary>
    public MpiException(string message)
        : base(message)
    {
    }

    /// <summary>A failure that another one led to.</summary>
    public MpiException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Throws unless the call went well.</summary>
    internal static void Check(int code, string call)
    {
        if (code != Mpi.MPI_SUCCESS)
            throw new MpiException($"{call} failed: {TextOf(code)}");
    }

    private static unsafe string TextOf(int code)
    {
        var text = stackalloc byte[Mpi.MPI_MAX_ERROR_STRING];
        return Mpi.MPI_Error_string(code, text, out var length) == Mpi.MPI_SUCCESS
            ? Encoding.UTF8.GetString(text, Math.Clamp(length, 0, Mpi.MPI_MAX_ERROR_STRING)).ReplaceLineEndings(" ")
            : $"error {code:X8}";
    }
}
