using System.Globalization;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>The nodes of a fleet for a person.</summary>
internal static class FleetTable
{
    /// <summary>One row a node.</summary>
    /// <param name="nodes">Number, process and port of each.</param>
    /// <param name="capacityBytes">Memory of one node.</param>
    public static Table Of(IEnumerable<(int Node, int ProcessId, int Port)> nodes, long capacityBytes)
    {
        var table = new Table().Border(TableBorder.None)
            .AddColumn(new TableColumn("node").NoWrap().RightAligned())
            .AddColumn(new TableColumn("process").NoWrap().RightAligned())
            .AddColumn(new TableColumn("address").NoWrap())
            .AddColumn(new TableColumn("memory").NoWrap().RightAligned());
        foreach (var (node, processId, port) in nodes)
            table.AddRow(
                new Text(node.ToString(CultureInfo.InvariantCulture)),
                new Text(processId.ToString(CultureInfo.InvariantCulture)),
                new Text(NodeArguments.Address(port)),
                new Text(HumanText.Size(capacityBytes)));
        return table;
    }
}
