namespace Cascade.Hosting.Security;

/// <summary>A certificate, key or folder of them cannot be used; the message says which, why, and what to do.</summary>
internal sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
