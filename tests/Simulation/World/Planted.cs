using Cascade.Core.Ports;

namespace Cascade.Simulation.World;

/// <summary>A bug that is put into a world to see that it is found.</summary>
internal enum PlantedBug
{
    None,
}

/// <summary>The bug of a world, if any. None of it is in the program.</summary>
internal sealed class Planted(PlantedBug bug, SimWorld world)
{
    public PlantedBug Bug => bug;

    public Func<IBlockArena, IBlockArena>? WatchArena => null;

    public SimWorld World => world;
}
