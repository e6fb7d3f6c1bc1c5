using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

public class BlockOwnerDrainingTests
{
    private static readonly OwnerSettings MemoryOnly = new() { FillTimeout = TimeSpan.FromSeconds(10), MaxWaiters = 2 };

    [Fact]
    public void Deletion_waits_for_leases_and_writers_wait_for_it() => new OwnerTranscript(MemoryOnly, Shm(1), Shm(2))
        .At(0, "r", Locate(1, 5))
        .At(1, "d", new Delete(Block))
        .At(1, "d", new Delete(Block))
        .At(1, "r2", Locate(1, 5))
        .At(2, "w", Begin(3, wait: 20))
        .At(2, "t2", new RemoveCopy(Block, Shm(2)))
        .At(3, "t4", new AddCopy(Block, Shm(4)))
        .At(3, "t4", new RemoveCopy(Block, Shm(4)))
        .Tick(5)
        .At(6, "t1", new RemoveCopy(Block, Shm(1)))
        .At(7, "d", new Delete(Block))
        .Reads("""
            0s r -> Locate node1 for 5s
               <- r Located node1.Shm/0.2 lease #1 for 5s
            1s d -> Delete
               <- d Deleted
               <- node2.Shm Drop node2.Shm/0.2
            1s d -> Delete
               <- d Deleted
            1s r2 -> Locate node1 for 5s
               <- r2 NotFound
            2s w -> Begin node3 wait 20s
            2s t2 -> RemoveCopy node2.Shm/0.2
            3s t4 -> AddCopy node4.Shm/0.2
               <- node4.Shm Drop node4.Shm/0.2
            3s t4 -> RemoveCopy node4.Shm/0.2
            5s tick
               <- node1.Shm Drop node1.Shm/0.2
            6s t1 -> RemoveCopy node1.Shm/0.2
               <- w BeginGranted #2
            7s d -> Delete
               <- d NotFound
            """);

    [Fact]
    public void Drop_never_confirmed_ends_and_is_repeated_for_a_late_announcement() => new OwnerTranscript(MemoryOnly, Shm(1))
        .At(0, "d", new Delete(Block))
        .Tick(60)
        .At(61, "asker", new Describe(Block))
        .At(62, "t1", new AddCopy(Block, Shm(1)))
        .At(62, "asker", new Describe(Block))
        .Reads("""
            0s d -> Delete
               <- d Deleted
               <- node1.Shm Drop node1.Shm/0.2
            60s tick
            61s asker -> Describe
               <- asker Absent [] leases 0 keys 0
            62s t1 -> AddCopy node1.Shm/0.2
               <- node1.Shm Drop node1.Shm/0.2
            62s asker -> Describe
               <- asker Absent [] leases 0 keys 0
            """);

    [Fact]
    public void Late_announcement_does_not_bring_a_removed_copy_back() => new OwnerTranscript(MemoryOnly, Shm(1, 7, 4), Shm(2))
        .At(0, "r", Locate(1, 5))
        .At(0, "t1", new RemoveCopy(Block, Shm(1, 7, 4)))
        .At(1, "t1", new AddCopy(Block, Shm(1, 7, 4)))
        .At(1, "t1", new AddCopy(Block, Shm(1, 7, 2)))
        .At(2, "asker", new Describe(Block))
        .At(3, "t1", new AddCopy(Block, Shm(1, 7, 6)))
        .At(3, "t1", new RemoveCopy(Block, Shm(1, 7, 4)))
        .At(4, "asker", new Describe(Block))
        .Reads("""
            0s r -> Locate node1 for 5s
               <- r Located node1.Shm/7.4 lease #1 for 5s
            0s t1 -> RemoveCopy node1.Shm/7.4
            1s t1 -> AddCopy node1.Shm/7.4
            1s t1 -> AddCopy node1.Shm/7.2
            2s asker -> Describe
               <- asker Resident [node2.Shm/0.2] leases 0 keys 0
            3s t1 -> AddCopy node1.Shm/7.6
            3s t1 -> RemoveCopy node1.Shm/7.4
            4s asker -> Describe
               <- asker Resident [node2.Shm/0.2, node1.Shm/7.6] leases 0 keys 0
            """);

    [Fact]
    public void Copy_that_a_late_removal_of_another_life_hit_is_counted_when_its_tier_tells_again() => new OwnerTranscript(MemoryOnly, Shm(2))
        .At(0, "reader", new RemoveCopy(Block, Shm(1, 0, 2)))
        .At(1, "t1", new AddCopy(Block, Shm(1, 0, 2)))
        .At(29, "t1", new AddCopy(Block, Shm(1, 0, 2)))
        .At(29, "asker", new Describe(Block))
        .At(30, "t1", new AddCopy(Block, Shm(1, 0, 2)))
        .At(30, "asker", new Describe(Block))
        .Reads("""
            0s reader -> RemoveCopy node1.Shm/0.2
            1s t1 -> AddCopy node1.Shm/0.2
            29s t1 -> AddCopy node1.Shm/0.2
            29s asker -> Describe
               <- asker Resident [node2.Shm/0.2] leases 0 keys 0
            30s t1 -> AddCopy node1.Shm/0.2
            30s asker -> Describe
               <- asker Resident [node2.Shm/0.2, node1.Shm/0.2] leases 0 keys 0
            """);

    [Fact]
    public void Deletion_makes_the_fill_under_way_begin_anew() => new OwnerTranscript(MemoryOnly)
        .At(0, "w", Begin(1))
        .At(1, "t2", new AddCopy(Block, Shm(2)))
        .At(2, "d", new Delete(Block))
        .At(3, "w", Commit(1, Shm(1)))
        .Reads("""
            0s w -> Begin node1 wait 0s
               <- w BeginGranted #1
            1s t2 -> AddCopy node2.Shm/0.2
            2s d -> Delete
               <- d Deleted
               <- node2.Shm Drop node2.Shm/0.2
            3s w -> Commit #1 node1.Shm/0.2
               <- w Refused
            """);
}
