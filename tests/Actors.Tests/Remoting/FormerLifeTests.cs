namespace Cascade.Actors.Tests.Remoting;

/// <summary>What was said by actors of nodes that were started anew since.</summary>
public sealed class FormerLifeTests
{
    private readonly RemoteWorld _world = new();
    private readonly RemoteNode _here;
    private RemoteNode _there;

    public FormerLifeTests()
    {
        _here = _world.Start("a");
        _there = _world.Start("b");
    }

    [Fact]
    public void Sender_of_a_former_life_is_told_from_one_of_the_present_life()
    {
        var keeper = _here.System.ActorOf(Props.Create(() => new SenderKeeper()), "keeper");
        var first = SenderSeen(keeper);
        _there.System.Dispose();
        _world.Advance(0.1);
        Assert.False(first.IsOfFormerLife());
        _there = _world.Start("b", incarnation: 2);
        var second = SenderSeen(keeper);
        Assert.True(first.IsOfFormerLife());
        Assert.False(second.IsOfFormerLife());
        _there.System.Dispose();
        _world.Advance(0.1);
        Assert.True(first.IsOfFormerLife());
        _here.Remote.MarkUp(_there.Remote.Address, 3);
        Assert.True(second.IsOfFormerLife());
        Assert.False(keeper.IsOfFormerLife());
    }

    /// <summary>The sender that an actor of the first node sees when the second one tells it something.</summary>
    private IActorRef SenderSeen(IActorRef keeper)
    {
        _there.At(_here, "/user/keeper").Tell("hello", _there.Probe("sender").Ref);
        _world.Advance(0.1);
        return Assert.IsAssignableFrom<IActorRef>(_here.Ask(keeper, 1).Reply);
    }

    private sealed class SenderKeeper : UntypedActor
    {
        private IActorRef? _seen;

        protected override void OnReceive(object message)
        {
            if (message is string) _seen = Sender;
            else Sender.Tell(_seen!);
        }
    }
}
