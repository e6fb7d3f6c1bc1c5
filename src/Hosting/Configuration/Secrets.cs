namespace Cascade.Hosting.Configuration;

/// <summary>Which values must not be shown: those of keys that end in password, secret or token.</summary>
internal static class Secrets
{
    public const string Hidden = "\"(hidden)\"";

    private static readonly string[] Endings = ["password", "secret", "token"];

    public static bool IsSecret(string key) => Endings.Any(ending => key.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
