using System.Globalization;

namespace Cascade.EndToEnd;

/// <summary>What nodes that were killed had acknowledged, as they said it.</summary>
internal sealed class Promises
{
    /// <summary>Blocks that have to be there.</summary>
    public SortedSet<long> Durable { get; } = [];

    /// <summary>Blocks whose deletion was acknowledged.</summary>
    public HashSet<long> Deleted { get; } = [];

    /// <summary>A number that no block had yet.</summary>
    public long NextNumber { get; private set; } = 1;

    public long Puts { get; private set; }

    public long Deletions { get; private set; }

    /// <summary>Takes in what one node said. The last line may be cut short by its end.</summary>
    public void Note(string said)
    {
        var whole = said.LastIndexOf('\n') is >= 0 and var end ? said[..end] : "";
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (words.Length < 2)
                continue;
            var number = long.Parse(words[1], CultureInfo.InvariantCulture);
            switch (words[0])
            {
                case "begin":
                    break;
                case "put":
                    Durable.Add(number);
                    Puts++;
                    break;
                case "delete":
                    Durable.Remove(number);
                    break;
                case "deleted":
                    Deleted.Add(number);
                    Deletions++;
                    break;
                default:
                    Assert.Fail($"The node said '{line}'.");
                    break;
            }

            NextNumber = Math.Max(NextNumber, number + 1);
        }
    }
}
