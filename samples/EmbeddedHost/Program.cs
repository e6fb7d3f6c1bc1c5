using Cascade.Core.Identity;
using Cascade.EmbeddedHost;
using Cascade.Hosting;
using Cascade.Hosting.Node;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A program that stores nothing itself and uses the cluster of this machine, as 'cascade up' starts it. Settings are arguments: cascade.cluster.name=blue
var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning)
    .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
builder.AddCascadeClient(client =>
{
    foreach (var setting in args)
        client.Settings.Add(setting);
});
builder.Services.AddSingleton<PromptCache>();
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

var isWell = await host.Services.GetRequiredService<PromptCache>().RunAsync(new CacheNamespace("sample/tiny-model/fp16"));
await host.StopAsync();
return isWell ? 0 : 1;
