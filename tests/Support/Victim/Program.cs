using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.Victim;

// A node that works hard and says what it has promised, until it is killed: one line on the output for each acknowledged
// operation, written after the acknowledgement and before the next operation of its kind. Its memory starts empty, as after
// a crash of the machine; the numbers of the durable blocks that earlier lives left come on the input.
// Usage: cascade-victim SEED FIRST-NUMBER path=value...
//   or:  cascade-victim client LEASES path=value..., for a host that embeds a client.
if (args[0] == "client")
{
    await EmbeddedClient.RunAsync(int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture), args[2..]);
    return;
}

var seed = int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture);
var first = long.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);
var live = new List<long>();
while (Console.In.ReadLine() is { } line)
    live.Add(long.Parse(line, System.Globalization.CultureInfo.InvariantCulture));

var options = CascadeConfiguration.Load(new ConfigurationSources { Overrides = args[2..] }).Options;
await using var node = await CascadeNode.StartAsync(options, new NodeStartup { Reset = true }, CancellationToken.None);
Console.WriteLine("ready");
var work = new Workload(node.Cache, live, seed, first);
var writers = Enumerable.Range(0, 6).Select(writer => Task.Run(() => work.WriteDurablyAsync(writer)));
await Task.WhenAny([.. writers, Task.Run(work.CrowdMemoryAsync), Task.Run(work.ReadAsync)]).Unwrap();
