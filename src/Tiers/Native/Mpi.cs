using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>mpi.h of the MPICH ABI: handles are 32-bit integers. Every call gives an error code.</summary>
/// <remarks><see cref="MpiLibrary.TryLoad"/> comes first. Calls may block, so none of them is exempt from what the garbage collector asks of a thread.</remarks>
internal static unsafe partial class Mpi
{
    /// <summary>What the calls are declared under; no file is called so.</summary>
    public const string Library = "cascade-mpi";

    public const int MPI_SUCCESS = 0;
    public const int MPI_THREAD_MULTIPLE = 3;
    public const int MPI_COMM_WORLD = 0x44000000;
    public const int MPI_BYTE = 0x4c00010d;
    public const int MPI_INFO_NULL = 0x1c000000;
    public const int MPI_ERRORS_RETURN = 0x54000001;
    public const int MPI_REQUEST_NULL = 0x2c000000;
    public const int MPI_ANY_SOURCE = -2;
    public const int MPI_ANY_TAG = -1;
    public const int MPI_MODE_NOCHECK = 1024;
    public const int MPI_MAX_ERROR_STRING = 512;
    public const int MPI_MAX_LIBRARY_VERSION_STRING = 8192;
    public const nint MPI_STATUS_IGNORE = 1;

    [LibraryImport(Library)]
    public static partial int MPI_Init_thread(nint argc, nint argv, int required, out int provided);

    [LibraryImport(Library)]
    public static partial int MPI_Initialized(out int flag);

    [LibraryImport(Library)]
    public static partial int MPI_Finalize();

    [LibraryImport(Library)]
    public static partial int MPI_Comm_rank(int comm, out int rank);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_size(int comm, out int size);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_set_errhandler(int comm, int errhandler);

    [LibraryImport(Library)]
    public static partial int MPI_Error_string(int errorcode, byte* text, out int resultlen);

    [LibraryImport(Library)]
    public static partial int MPI_Allgather(void* sendbuf, int sendcount, int sendtype, void* recvbuf, int recvcount, int recvtype, int comm);

    [LibraryImport(Library)]
    public static partial int MPI_Ibarrier(int comm, out int request);

    [LibraryImport(Library)]
    public static partial int MPI_Iprobe(int source, int tag, int comm, out int flag, nint status);

    [LibraryImport(Library)]
    public static partial int MPI_Test(ref int request, out int flag, nint status);

    [LibraryImport(Library)]
    public static partial int MPI_Win_create(nint origin, nint size, int disp_unit, int info, int comm, out int win);

    [LibraryImport(Library)]
    public static partial int MPI_Win_set_errhandler(int win, int errhandler);

    [LibraryImport(Library)]
    public static partial int MPI_Win_lock_all(int assert, int win);

    [LibraryImport(Library)]
    public static partial int MPI_Win_unlock_all(int win);

    [LibraryImport(Library)]
    public static partial int MPI_Win_free(ref int win);

    [LibraryImport(Library)]
    public static partial int MPI_Rget(
        nint origin_addr, int origin_count, int origin_datatype, int target_rank, nint target_disp, int target_count, int target_datatype, int win, out int request);
}
