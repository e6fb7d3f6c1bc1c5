using Cascade.Core.Identity;
using Cascade.GpuEngine;
using Cascade.Hosting;
using Cascade.Hosting.Node;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A node with device memory and, in a process of its own, an inference engine that reads the node's blocks in place there. The node's process starts the engine's,
// which is this same program, and tells it by a pipe where the blocks lie. Settings of the node are arguments: cascade.tiers.gpu.devices=[1]
if (args is [EngineProcess.Argument])
    return Engine.Run(Console.In, Console.Out);

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning)
    .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
builder.AddCascade(node =>
{
    string[] settings =
    [
        $"cascade.cluster.name=sample-{Environment.ProcessId}", "cascade.tiers.shm.capacity=64MiB", "cascade.tiers.gpu.capacity=64MiB", "cascade.tiers.gpu.devices=[0]",
    ];
    foreach (var setting in (string[])[.. settings, .. args])
        node.Settings.Add(setting);
    node.KeepArena = false;
});
builder.Services.AddSingleton<BlockStore>();
using var host = builder.Build();
try
{
    await host.StartAsync();
}
catch (NodeRefusedException e)
{
    Console.Error.WriteLine(e.Message);
    return 3;
}

var exitCode = await host.Services.GetRequiredService<BlockStore>().RunAsync(new CacheNamespace("sample/tiny-model/fp16"));
await host.StopAsync();
return exitCode;
