using Cascade.Actors;
using Cascade.Actors.Simulation;
using Cascade.Core.Cold;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class CompletionInboxTests
{
    [Fact]
    public void Actor_is_woken_once_for_all_that_waits()
    {
        var time = new VirtualTimeProvider();
        var dispatcher = DeterministicDispatcher.Fifo(time);
        using var system = ActorSystem.Create("inbox", new ActorSystemSettings { Time = time, Dispatcher = dispatcher });
        var inbox = new CompletionInbox();
        var taken = new List<long[]>();
        inbox.Wake(system.ActorOf(Props.Create(() => new Taker(inbox, taken))));
        for (var number = 1; number <= 3; number++)
            inbox.Add(new DeviceDone(number, DeviceStatus.Ok));
        dispatcher.RunUntilIdle();
        inbox.Add(new DeviceDone(4, DeviceStatus.Ok));
        dispatcher.RunUntilIdle();
        Assert.Equal([[1, 2, 3], [4]], taken);
    }

    private sealed class Taker(CompletionInbox inbox, List<long[]> taken) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            inbox.BeginTaking();
            var numbers = new List<long>();
            while (inbox.TryTake(out var completion, out _))
                numbers.Add(completion.Number);
            taken.Add([.. numbers]);
        }
    }
}
