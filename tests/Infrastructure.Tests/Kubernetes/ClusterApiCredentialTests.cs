using System.Text.Json;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class ClusterApiCredentialTests(ControlPlaneFixture controlPlane)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcceptsToken_TokenOfTheCluster_IsTrue()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var token = await place.ServiceAccountAsync("somebody", Cancellation);
        Assert.True((await place.Api.AcceptsTokenAsync(token.Value, Cancellation)).Value);
    }

    [Fact]
    public async Task AcceptsToken_ForeignToken_IsFalseAlthoughLapsesOwnCredentialIsGood()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        // Unsigned, as if from another issuer. The administrator's certificate must not stand in for it.
        Assert.False((await place.Api.AcceptsTokenAsync("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.x", Cancellation)).Value);
    }

    [Fact]
    public async Task RenewToken_WithTheRightForItsOwnName_GivesAWorkingToken()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var token = await place.ServiceAccountAsync("portal", Cancellation);
        using var api = place.Connect(token);
        Assert.Equal(ClusterFailureKind.Forbidden, (await api.RenewTokenAsync(TimeSpan.FromHours(1), Cancellation)).Failure?.Kind);

        await place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new V1Role { Metadata = new() { Name = "renew" }, Rules = [new() { Verbs = ["create"], ApiGroups = [""], Resources = ["serviceaccounts/token"], ResourceNames = ["portal"] }] }, place.Name, cancellationToken: Cancellation);
        await place.PutAsync(
            TestBindings.Spec(place.Name).ToObject("") with { Name = "renew", Labels = new Dictionary<string, string>(), RoleRef = new(BindingKeys.RbacGroup, "Role", "renew"), Subjects = [new("ServiceAccount", "", "portal", place.Name)] }, Cancellation);
        await Wait.UntilAsync(async () => (await api.RenewTokenAsync(TimeSpan.FromHours(1), Cancellation)).Succeeded, "the token is renewed", Cancellation);

        var renewed = (await api.RenewTokenAsync(TimeSpan.FromHours(2), Cancellation)).Value;
        Assert.NotEqual(token.Value, renewed.Credential.Value);
        Assert.InRange(renewed.ExpiresAt - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(121));
        var read = ServiceAccountToken.Read(renewed.Credential.Value);
        Assert.Equal(new ServiceAccountToken(place.Name, "portal", renewed.ExpiresAt), read);
        Assert.True((await place.Api.AcceptsTokenAsync(renewed.Credential.Value, Cancellation)).Value);
    }

    [Fact]
    public async Task RenewToken_ClientCertificate_IsInvalid()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        Assert.Equal(ClusterFailureKind.Invalid, (await place.Api.RenewTokenAsync(TimeSpan.FromHours(1), Cancellation)).Failure?.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.!!.c")]
    [InlineData("a.eyJzdWIiOiJhbGljZSJ9.c")]
    [InlineData("a.eyJzdWIiOjF9.c")]
    [InlineData("a.W10.c")]
    public void ServiceAccountTokenRead_AnythingElse_IsNull(string token) => Assert.Null(ServiceAccountToken.Read(token));

    [Fact]
    public void Credential_AsJson_ComesBackAndAsTextHidesItsSecret()
    {
        ClusterCredential[] all = [new ClusterCredential.InCluster(), new ClusterCredential.Token("secret"), new ClusterCredential.ClientCertificate("cert", "secret")];
        foreach (var credential in all)
        {
            Assert.Equal(credential, JsonSerializer.Deserialize<ClusterCredential>(JsonSerializer.Serialize(credential)));
            Assert.DoesNotContain("secret", credential.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", new ClusterAddress(new("https://a"), "", credential).ToString(), StringComparison.Ordinal);
        }
        Assert.DoesNotContain("secret", new RenewedToken(new("secret"), default).ToString(), StringComparison.Ordinal);
    }
}
