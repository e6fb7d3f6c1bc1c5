using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Node;

var console = CliConsole.OfProcess();
var launcher = new NodeLauncher();
using var signals = new InterruptSignals();
var cli = new CascadeCli(
    console,
    ReplayVerb.Create(console, launcher),
    BenchVerb.Create(console, launcher),
    BenchPeerVerb.Create(console),
    BenchRankVerb.Create(console),
    PolicyVerb.Create(console),
    InspectVerb.Create(console),
    DoctorVerb.Create(console),
    NodeVerb.Create(console, launcher),
    UpVerb.Create(console, launcher),
    PutVerb.Create(console, launcher),
    GetVerb.Create(console, launcher),
    StatVerb.Create(console, launcher),
    KeyListVerbs.CreateProtect(console, launcher),
    KeyListVerbs.CreateUnprotect(console, launcher),
    KeyListVerbs.CreateDelete(console, launcher),
    MembersVerb.Create(console, launcher),
    DrainVerb.Create(console, launcher),
    CertsVerb.Create(console));
return await cli.RunAsync(args, signals.Token);
