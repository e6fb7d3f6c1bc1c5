using System.Runtime.InteropServices;
using Cascade.LoadTests.Cli;

// The first signal ends the load with a report of what was measured; the second ends the process.
using var interrupt = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new LoadCli(Console.Out, Console.Error).RunAsync(args, interrupt.Token);

void Stop(PosixSignalContext context)
{
    if (interrupt.IsCancellationRequested)
        return;
    context.Cancel = true;
    interrupt.Cancel();
}
