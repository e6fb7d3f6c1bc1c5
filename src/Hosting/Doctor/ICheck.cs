using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Doctor;

/// <summary>Looks at one thing of the machine and changes nothing. It may take its time, hang or throw: whoever runs it bounds it.</summary>
internal interface ICheck
{
    /// <summary>Its name, in snake_case; stays the same from version to version.</summary>
    string Name { get; }

    /// <summary>Looks. Called once, on a thread of its own.</summary>
    /// <param name="options">The configuration in force.</param>
    Finding Examine(CascadeOptions options);
}
