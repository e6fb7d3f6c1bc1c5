using System.Globalization;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration;

/// <summary>Collects faults so that all of them are shown at once, up to a bound.</summary>
internal sealed class ConfigurationErrors
{
    private const int ShownMax = 100;

    private readonly List<string> _messages = [];
    private int _hidden;

    public bool Any => _messages.Count > 0;

    /// <summary>True when further errors are only counted, so that their messages need no care.</summary>
    public bool IsFull => _messages.Count >= ShownMax;

    public void Add(Origin origin, string message) => Add($"{origin}: {message}");

    public void Add(HoconException exception)
    {
        foreach (var error in exception.Errors)
            Add(error.ToString());
    }

    public void Add(string message)
    {
        if (_messages.Count < ShownMax)
            _messages.Add(message);
        else
            _hidden++;
    }

    /// <summary>Throws what has been collected, if anything.</summary>
    /// <exception cref="ConfigurationException">There are errors.</exception>
    public void ThrowIfAny()
    {
        if (_hidden > 0)
            _messages.Add(string.Create(CultureInfo.InvariantCulture, $"... and {_hidden} more errors."));
        if (Any)
            throw new ConfigurationException(_messages);
    }
}
