using Cascade.Core.Tiering;

namespace Cascade.Core.Tests.Tiering;

public sealed class ExtraCopiesTests
{
    [Fact]
    public void Copies_that_may_not_go_take_a_look_of_bounded_length_and_do_not_hide_those_behind_them()
    {
        var extras = new ExtraCopies();
        for (var slot = 0u; slot < 1000; slot++)
            extras.Add(slot);
        var asked = 0;
        Assert.False(extras.TryPick(_ => ++asked < 0, out _));
        Assert.InRange(asked, 1, 500);
        var looks = 1;
        uint found;
        while (!extras.TryPick(static slot => slot == 999, out found))
            Assert.InRange(++looks, 1, 1000);
        Assert.Equal(999u, found);
    }

    [Fact]
    public void Copy_that_was_removed_is_not_given()
    {
        var extras = new ExtraCopies();
        extras.Add(1);
        extras.Add(2);
        Assert.True(extras.Remove(1));
        Assert.False(extras.Remove(1));
        Assert.True(extras.TryPick(static _ => true, out var slot));
        Assert.Equal(2u, slot);
        Assert.True(extras.Remove(2));
        Assert.False(extras.TryPick(static _ => true, out _));
    }
}
