using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Tests.Replay;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>Runs the program's command line in this process, against a stand-in for the node.</summary>
internal sealed class CliTesting : INodeLauncher, IDisposable
{
    private readonly StringWriter _out = new(), _error = new();

    public StandInCache Cache { get; } = new(capacityBlocks: 4_000);

    public List<NodeRequest> Started { get; } = [];

    public int Stopped { get; private set; }

    /// <summary>Nodes that the stand-in sees.</summary>
    public int NodesUp { get; set; } = 1;

    public Func<NodeRequest, Exception?> OnStart { get; set; } = static _ => null;

    public Action OnStop { get; set; } = static () => { };

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public string DescribeConfiguration(NodeRequest request) => $"config={request.ConfigFile} settings={string.Join(';', request.Settings)}\n\n";

    /// <summary>Completed by a test whose node cannot go on.</summary>
    public TaskCompletionSource<string> CannotGoOn { get; } = new();

    /// <summary>Completed by a test that has the node asked to drain.</summary>
    public TaskCompletionSource DrainAsked { get; } = new();

    public Task<INodeSession> StartAsync(NodeRequest request, CliConsole console, CancellationToken cancellationToken)
    {
        if (OnStart(request) is { } exception)
            throw exception;
        Started.Add(request);
        return Task.FromResult<INodeSession>(new Session(this));
    }

    public Task<IClusterSession> ConnectAsync(ClientRequest request, CliConsole console, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The stand-in is a node, and in no cluster.");

    public Task<int> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<int> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var console = new CliConsole(_out, _error, errorIsTerminal: false, TimeProvider.System);
        return new CascadeCli(console, ReplayVerb.Create(console, this), InspectVerb.Create(console), BenchVerb.Create(console, this)).RunAsync(arguments, cancellationToken);
    }

    public void Dispose()
    {
        Cache.Dispose();
        _out.Dispose();
        _error.Dispose();
    }

    private sealed class Session(CliTesting testing) : INodeSession
    {
        public ICascade Cache => testing.Cache;

        public CascadeActors Actors => throw new NotSupportedException();

        public int NodesUp => testing.NodesUp;

        public string MemoryDirectory => "/dev/shm";

        public Task<string> CannotGoOn => testing.CannotGoOn.Task;

        public Task DrainAsked => testing.DrainAsked.Task;

        public ValueTask DisposeAsync()
        {
            testing.OnStop();
            testing.Stopped++;
            return ValueTask.CompletedTask;
        }
    }
}
