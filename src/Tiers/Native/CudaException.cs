using System.Globalization;
using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>A call of the CUDA driver failed, or a device does not answer. The message names the call, the error and its text, in the driver's words.</summary>
public sealed class CudaException : Exception
{
    /// <summary>A failure without words.</summary>
    public CudaException()
    {
    }

    /// <summary>A failure.</summary>
    public CudaException(string message)
        : base(message)
    {
    }

    /// <summary>A failure that another one led to.</summary>
    public CudaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    private CudaException(string call, int code)
        : base($"{call} failed: {TextOf(code)}") => (Call, Code) = (call, code);

    /// <summary>The call that failed; empty when it was none.</summary>
    public string Call { get; } = "";

    /// <summary>The driver's code (CUresult); 0 when it was no call that failed.</summary>
    public int Code { get; }

    /// <summary>True when the error stays: the device's context, and all memory in it, is lost to this process.</summary>
    public bool IsSticky => CudaCode.IsSticky(Code);

    /// <summary>Throws unless the call went well.</summary>
    internal static void Check(int code, string call)
    {
        if (code != CudaCode.Success)
            throw new CudaException(call, code);
    }

    /// <summary>An error in words, such as "out of memory (CUDA_ERROR_OUT_OF_MEMORY, 2)".</summary>
    internal static unsafe string TextOf(int code)
    {
        var number = code.ToString(CultureInfo.InvariantCulture);
        var name = Cuda.cuGetErrorName(code, out var named) == CudaCode.Success ? Marshal.PtrToStringUTF8((nint)named) : null;
        var text = Cuda.cuGetErrorString(code, out var said) == CudaCode.Success ? Marshal.PtrToStringUTF8((nint)said) : null;
        return (name, text) switch
        {
            (null, null) => $"error {number}",
            (_, null) => $"{name} ({number})",
            _ => $"{text} ({name ?? "error"}, {number})",
        };
    }
}
