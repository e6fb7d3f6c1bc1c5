namespace Cascade.Tiers.Cold;

/// <summary>What a file is opened for.</summary>
internal enum DirectFileAccess
{
    /// <summary>Reading.</summary>
    Read,

    /// <summary>Reading and writing a file that is there.</summary>
    ReadWrite,

    /// <summary>Reading and writing a file that is made now; <c>EEXIST</c> when it is there.</summary>
    Create,
}
