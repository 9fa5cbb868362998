using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Says which addresses are never called. Link-local ones hold the metadata services of the clouds, which hand out
/// credentials to whoever can make the portal call them (server-side request forgery).
/// </summary>
public static class OutboundAddress
{
    // Metadata services outside the link-local ranges.
    private static readonly Dictionary<IPAddress, string> Metadata = new()
    {
        [IPAddress.Parse("fd00:ec2::254")] = "the metadata service of Amazon EC2",
        [IPAddress.Parse("fd20:ce::254")] = "the metadata service of Google Cloud",
        [IPAddress.Parse("100.100.100.200")] = "the metadata service of Alibaba Cloud",
        [IPAddress.Parse("168.63.129.16")] = "the platform service of Azure",
        [IPAddress.Parse("192.0.0.192")] = "the metadata service of Oracle Cloud",
    };

    /// <summary>Why an address is not called; <see langword="null"/> if it may be.</summary>
    /// <param name="address">An address as resolved, in any of the forms in which IPv6 can carry IPv4.</param>
    /// <param name="allowLoopback">Whether this machine itself may be called.</param>
    public static string? WhyRefused(IPAddress address, bool allowLoopback)
    {
        if (Embedded(address) is { } inner) return WhyRefused(inner, allowLoopback);
        if (IPAddress.IsLoopback(address)) return allowLoopback ? null : "it is this machine itself (loopback)";
        if (Metadata.TryGetValue(address, out var service)) return $"it is {service}";
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => WhyRefused4(address.GetAddressBytes()),
            AddressFamily.InterNetworkV6 => WhyRefused6(address),
            _ => "it is not an internet address",
        };
    }

    private static string? WhyRefused4(byte[] bytes) => bytes switch
    {
        [169, 254, 169, 254] => "it is a cloud's metadata service",
        [169, 254, ..] => "it is link-local",
        [0, ..] => "it is unspecified",
        [>= 224 and <= 239, ..] => "it is multicast",
        [>= 240, ..] => "it is reserved",
        _ => null,
    };

    private static string? WhyRefused6(IPAddress address) =>
        address.Equals(IPAddress.IPv6Any) ? "it is unspecified"
        : address.IsIPv6LinkLocal || address.IsIPv6SiteLocal ? "it is link-local"
        : address.IsIPv6Multicast ? "it is multicast"
        : null;

    // ::ffff:a.b.c.d and ::a.b.c.d (RFC 4291), 64:ff9b::a.b.c.d (RFC 6052), 64:ff9b:1::/48 (RFC 8215), 2002:aabb:ccdd:: (RFC 3056).
    private static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return null;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out _)) return null;
        if (bytes[0] == 0x20 && bytes[1] == 0x02) return new(bytes[2..6]);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x0064ff9b) return new(bytes[12..]);
        var isCompatible = bytes[..12].IndexOfAnyExcept((byte)0) < 0 && BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) > 1;
        return isCompatible ? new(bytes[12..]) : null;
    }
}
