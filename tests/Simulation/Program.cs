using Cascade.Simulation.Cli;

// The verb runs the simulator; anything else is for the test runner.
if (args is ["sim", ..])
    return await new SimCli(Console.Out, Console.Error).RunAsync(args[1..]);
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
