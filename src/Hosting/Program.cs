using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Node;

var console = CliConsole.OfProcess();
var launcher = new NodeLauncher();
using var signals = new InterruptSignals();
var cli = new CascadeCli(
    console,
    ReplayVerb.Create(launcher, console),
    BenchVerb.Create(launcher, console),
    InspectVerb.Create(console),
    NodeVerb.Create(launcher, console));
return await cli.RunAsync(args, signals.Token);
