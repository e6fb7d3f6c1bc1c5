using System.Runtime.InteropServices;

namespace Cascade.Hosting.Cli;

/// <summary>
/// The signals at which a node drains. SLURM ends a job by SIGCONT and SIGTERM in either order, or by SIGTERM twice, and warns of its end by SIGUSR1 where the job asks
/// for that: the first of them begins the drain, and none of them ends it. A second Ctrl-C still does, see <see cref="InterruptSignals"/>.
/// </summary>
internal sealed class DrainSignals : IDisposable
{
    /// <summary>SIGUSR1 as Linux numbers it: it has no name in .NET.</summary>
    private const PosixSignal Warning = (PosixSignal)10;

    private readonly CancellationTokenSource _source;
    private readonly PosixSignalRegistration _terminate, _interrupt;
    private PosixSignalRegistration? _warning;
    private int _interrupts;

    /// <param name="cancellationToken">Fires <see cref="Token"/> as well.</param>
    public DrainSignals(CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _source.Token;
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
        HearWarning();
    }

    /// <summary>Fires at the first signal, or with the token given.</summary>
    public CancellationToken Token { get; }

    /// <summary>Hears SIGUSR1 again, where a library has put a handler of its own in place since, as MPI_Init does.</summary>
    public void HearWarning()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _warning?.Dispose();
        _warning = PosixSignalRegistration.Create(Warning, OnSignal);
    }

    /// <summary>Does nothing at SIGUSR1 from now on: by it mpiexec tells ranks that another one is gone.</summary>
    public void IgnoreWarning()
    {
        _warning?.Dispose();
        _warning = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _warning?.Dispose();
        _source.Dispose();
    }

    /// <summary>One that comes with other signals, in whatever order they are told of, is not a person's second.</summary>
    private void OnInterrupt(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _interrupts) == 1)
            OnSignal(context);
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The node has ended before its signal.
        }
    }
}
