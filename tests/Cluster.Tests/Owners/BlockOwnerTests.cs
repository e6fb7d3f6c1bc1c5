using Cascade.Actors;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests.Owners;

public sealed class BlockOwnerTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly BlockId Id = Sample.Block(1);

    private readonly OwnerRegion _owners = new();

    [Fact]
    public void Fill_that_times_out_hands_the_grant_to_the_next_writer()
    {
        var first = Assert.IsType<BeginGranted>(Assert.Single(_owners.Tell(Begin(60))));
        Assert.Empty(_owners.Tell(Begin(60)));
        Assert.Empty(_owners.Advance(30 * Second - TimeSpan.FromMilliseconds(1)));
        var second = Assert.IsType<BeginGranted>(Assert.Single(_owners.Advance(TimeSpan.FromMilliseconds(1))));
        Assert.True(second.Fill > first.Fill);
        Assert.IsType<Refused>(Assert.Single(_owners.Tell(new Commit(Id, first.Fill, Sample.Copy(1)))));
        Assert.Equal(new Committed(Id), Assert.Single(_owners.Tell(new Commit(Id, second.Fill, Sample.Copy(2)))));
    }

    [Fact]
    public void Writer_that_waits_is_answered_at_its_own_deadline_though_a_later_timer_was_armed_before()
    {
        _owners.Tell(Begin(60));
        Assert.Empty(_owners.Tell(Begin(2)));
        Assert.Empty(_owners.Advance(2 * Second - TimeSpan.FromMilliseconds(1)));
        Assert.IsType<Busy>(Assert.Single(_owners.Advance(TimeSpan.FromMilliseconds(1))));
    }

    [Fact]
    public void Deleted_copy_is_dropped_when_its_lease_runs_out()
    {
        Hold();
        Assert.IsType<Located>(_owners.Ask(new Locate(Id, Sample.Node, 5 * Second)));
        Assert.Equal(new Deleted(Id), _owners.Ask(new Delete(Id)));
        Assert.IsType<NotFound>(_owners.Ask(new Locate(Id, Sample.Node, Second)));
        Assert.Empty(_owners.Tier.Take());
        _owners.Advance(5 * Second);
        Assert.Equal([new Drop(Id, Sample.Copy(3))], _owners.Tier.Take());
    }

    [Fact]
    public void Idle_owner_goes_and_comes_back_with_what_the_inventory_holds()
    {
        var granted = (BeginGranted)_owners.Ask(Begin(1));
        _owners.Ask(new Commit(Id, granted.Fill, Sample.Copy(2)));
        _owners.Advance(2 * OwnerRegion.PassivateAfter);
        Assert.Equal((0, 1), (_owners.Alive, _owners.Inventories));

        // The tier moved the block meanwhile; the number of an earlier life's fill means nothing now.
        Hold();
        Assert.Equal([Sample.Copy(3)], Describe().Copies);
        Assert.Equal((1, 2), (_owners.Alive, _owners.Inventories));
        Assert.IsType<Refused>(_owners.Ask(new Commit(Id, granted.Fill, Sample.Copy(2))));
    }

    [Fact]
    public void Owner_with_a_registration_stays_until_it_is_taken_back()
    {
        Hold();
        Assert.Equal(new ProtectDone(Id, 1), _owners.Ask(new Protect(Id, Sample.Key(1))));
        _owners.Advance(10 * OwnerRegion.PassivateAfter);
        Assert.Equal(1, Describe().Registrations);
        Assert.Equal(1, _owners.Inventories);
        Assert.Equal(new ProtectDone(Id, 0), _owners.Ask(new Unprotect(Id, Sample.Key(1))));
        _owners.Advance(2 * OwnerRegion.PassivateAfter);
        Assert.Equal(0, _owners.Alive);
    }

    [Fact]
    public void Owner_with_a_lease_stays_until_the_lease_runs_out()
    {
        Hold();
        Assert.IsType<Located>(_owners.Ask(new Locate(Id, Sample.Node, 3 * OwnerRegion.PassivateAfter)));
        _owners.Advance(2.5 * OwnerRegion.PassivateAfter);
        Assert.Equal(1, _owners.Alive);
        _owners.Advance(1.6 * OwnerRegion.PassivateAfter);
        Assert.Equal(0, _owners.Alive);
    }

    [Fact]
    public void Owner_with_a_fill_stays_until_the_fill_times_out()
    {
        _owners.Ask(Begin(1));
        _owners.Advance(29 * Second);
        Assert.Equal(BlockState.Filling, Describe().State);
        _owners.Advance(2 * Second);
        Assert.Equal(BlockState.Absent, Describe().State);
    }

    [Fact]
    public void Owner_that_fails_starts_again_from_the_inventory()
    {
        Hold();
        _owners.Ask(new Protect(Id, Sample.Key(1)));
        _owners.Tell(new Unheard(Id));
        Assert.IsType<ArgumentException>(Assert.IsType<Error>(Assert.Single(_owners.Sim.Log)).Cause);
        var described = Describe();
        Assert.Equal((BlockState.Resident, 0), (described.State, described.Registrations));
        Assert.Equal(2, _owners.Inventories);
    }

    [Fact]
    public void Step_that_fails_leaves_nothing_behind_for_the_steps_of_others()
    {
        Hold();
        var nowhere = Sample.Shm with { Tier = TierKind.Gpu };
        _owners.Tell(new Promote(Id, nowhere));
        Assert.Single(_owners.Sim.Log);
        Assert.IsType<NotFound>(_owners.Ask(new Locate(Sample.Block(2), Sample.Node, Second)));
        Assert.Single(_owners.Sim.Log);
        Assert.Empty(_owners.Client.Take());
    }

    public void Dispose() => _owners.Dispose();

    private static Begin Begin(int waitSeconds) => new(Id, Sample.Node, 4096, waitSeconds * Second);

    private BlockDescription Describe() => (BlockDescription)_owners.Ask(new Describe(Id));

    private void Hold() => _owners.Held[Id] = Sample.Copy(3);

    /// <summary>A message of this block that no owner knows.</summary>
    private sealed record Unheard(BlockId Id) : IBlockMessage;
}
