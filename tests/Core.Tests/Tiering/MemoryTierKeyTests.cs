using Cascade.Core.Messages;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierKeyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Block_with_a_key_that_could_not_be_recorded_is_never_said_to_have_no_key_left()
    {
        using var tier = new TierFixture(granules: 2);
        tier.Put(1);

        // The key names a later block here, which stands for any reason not to record it.
        tier.Step(new BindAlias(Id(1), Key(7, stamp: 1)));
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Second))).Message;
        tier.Step(new Publish(reserved.Reservation, Id(2), Key(7, stamp: 9)));
        Assert.Equal(new AliasBound(false), Assert.Single(tier.Step(new BindAlias(Id(1), Key(7, stamp: 2)))).Message);
        Assert.Equal(new KeyReleased(1), Assert.Single(tier.Step(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp))).Message);
        Assert.Equal(new KeyReleased(0), Assert.Single(tier.Step(new ReleaseKey(Key(7).Key, Id(2), Key(7, stamp: 9).Stamp))).Message);
    }

    [Fact]
    public void Key_bound_later_than_its_release_keeps_its_name()
    {
        using var tier = new TierFixture(granules: 1);
        tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(1, stamp: 5)));
        Assert.Equal(new KeyReleased(1), Assert.Single(tier.Step(new ReleaseKey(Key(1).Key, Id(1), Key(1, stamp: 4).Stamp))).Message);
        Assert.Equal(new KeyReleased(0), Assert.Single(tier.Step(new ReleaseKey(Key(1).Key, Id(1), Key(1, stamp: 5).Stamp))).Message);
        Assert.Equal(new KeyReleased(-1), Assert.Single(tier.Step(new ReleaseKey(Key(1).Key, Id(2), Key(1, stamp: 9).Stamp))).Message);
    }
}
