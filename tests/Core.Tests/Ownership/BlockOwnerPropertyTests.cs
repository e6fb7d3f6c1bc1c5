using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

/// <summary>
/// Random messages, duplicated, late and out of order, with jumps of time; a naive witness judges every effect.
/// </summary>
public class BlockOwnerPropertyTests
{
    private const int StepsPerRun = 400;

    [Theory]
    [InlineData(0, 300)]
    [InlineData(100_000, 300)]
    public void Owner_under_random_messages_keeps_its_invariants(int firstSeed, int seeds)
    {
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
            Run(seed);
    }

    [Fact]
    public void Same_messages_give_the_same_effects()
    {
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(Run(seed), Run(seed));
    }

    [Fact]
    public void Idle_owner_of_one_copy_is_small()
    {
        const int Owners = 2000;
        var settings = new OwnerSettings();
        var copies = new KnownCopies([Shm(1)]);
        var owners = new BlockOwnerCore[Owners];
        var outbox = new Outbox();
        owners[0] = new BlockOwnerCore(Block, settings, copies, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Owners; i++)
            owners[i] = new BlockOwnerCore(Block, settings, copies, 1);
        var bytesPerOwner = (GC.GetAllocatedBytesForCurrentThread() - before) / Owners;
        outbox.Clear();

        Assert.InRange(bytesPerOwner, 100, 450);
        Assert.True(owners[^1].CanPassivate);
        Assert.Null(owners[^1].NextDeadline);
    }

    [Fact]
    public void Message_of_another_block_is_a_routing_fault()
    {
        var owner = new BlockOwnerCore(Block, new OwnerSettings(), new KnownCopies([]), 1);
        Assert.Throws<ArgumentException>(() =>
            owner.Handle(TimeSpan.Zero, "x", new Describe(BlockId.Parse(new string('c', 64))), new Outbox()));
    }

    private static string Run(int seed)
    {
        var random = new Random(seed);
        var settings = new OwnerSettings
        {
            HasColdTier = random.Next(2) == 0,
            FillTimeout = TimeSpan.FromSeconds(5),
            PullTimeout = TimeSpan.FromSeconds(4),
            DemoteTimeout = TimeSpan.FromSeconds(6),
            DropTimeout = TimeSpan.FromSeconds(5),
            MaxLeaseFor = TimeSpan.FromSeconds(8),
            MaxWaiters = random.Next(4),
            MaxLeases = 1 + random.Next(6),
            MaxCopies = 2 + random.Next(4),
            MaxRegistrations = 2,
            RemovedMemory = 1000,
            RemovedFor = TimeSpan.MaxValue,
        };
        var held = random.Next(3) == 0 ? new[] { Shm(1), ColdCopy(2) } : [];
        var messages = new OwnerMessageSource(random);
        var witness = new OwnerWitness(settings, held);
        var directory = new KnownCopies(held);
        var owner = new BlockOwnerCore(Block, settings, directory, 1);
        var outbox = new Outbox();
        var log = new List<string>();
        var now = TimeSpan.Zero;
        for (var step = 0; step < StepsPerRun; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(10) == 0 ? random.Next(12_000) : random.Next(300));
            var message = random.Next(8) == 0 ? null : messages.Next();
            try
            {
                var sender = $"s{step}";
                witness.BeforeStep(now, sender, message);
                if (message is null)
                    owner.Tick(now, outbox);
                else
                    owner.Handle(now, sender, message, outbox);
                log.Add($"{now} {sender} -> {(message is null ? "tick" : Text(message))}");
                foreach (var effect in outbox.Effects)
                {
                    log.Add($"   <- {Text(effect)}");
                    witness.Judge(now, effect);
                    messages.Learn(effect.Message);
                }
                outbox.Clear();
                witness.AfterStep(now, owner);
                OwnerWitness.HoldAgainst(now, owner, directory);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                Assert.Fail($"seed {seed}, step {step}: {failure.Message}\n{string.Join('\n', log.TakeLast(40))}");
            }
        }
        return string.Join('\n', log);
    }
}
