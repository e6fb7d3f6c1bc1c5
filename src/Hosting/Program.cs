using Cascade.Hosting.Cli;

var console = CliConsole.OfProcess();
using var signals = new InterruptSignals();
return await new CascadeCli(console).RunAsync(args, signals.Token);
