namespace Cascade.Actors;

/// <summary>The actor name of an entity: its id, percent-encoded where it would be no name.</summary>
internal static class EntityName
{
    public static string Of(string id) =>
        ActorPath.IsValidPathElement(id) && !id.Contains('%', StringComparison.Ordinal) ? id : Uri.EscapeDataString(id);

    public static string IdOf(string name) => name.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(name) : name;
}
