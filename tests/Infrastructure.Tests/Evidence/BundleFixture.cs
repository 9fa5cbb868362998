using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.People;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Evidence;

/// <summary>The bundle of one whole story on a real cluster: two admins made the entry, two people approved, the access came and went. Made once for all tests of a class.</summary>
public sealed class BundleFixture(PostgresFixture postgres, ControlPlaneFixture controlPlane) : IAsyncLifetime
{
    /// <summary>The file.</summary>
    public string Text { get; private set; } = "";

    /// <summary>What must never be in it.</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await using var story = new Whole(postgres, controlPlane);
        await story.InitializeAsync();
        Text = await story.MakeAsync();
        Secrets = story.Secrets;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What the file says, to be changed.</summary>
    public JsonObject Bundle() => (JsonObject)EvidenceFile.Read(Text).Bundle.DeepClone();

    /// <summary>The bundle signed by the installation, whatever it says.</summary>
    public static string Sign(JsonObject bundle) =>
        new EvidenceFile(bundle, TestInstallation.Key.PublicKeyPem, TestInstallation.Key.Sign(EvidenceFile.Format, CanonicalJson.Serialize(bundle))).ToText();

    internal sealed class Whole(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
    {
        private const string ClientSecret = "the-client-secret-that-nobody-may-see";

        public IReadOnlyList<string> Secrets
        {
            get
            {
                var credential = (ClusterCredential.ClientCertificate)Place.Address.Credential;
                return [ClientSecret, "PRIVATE KEY", credential.KeyPem.Split('\n')[1], credential.CertificatePem.Split('\n')[1], Convert.ToBase64String(Story.Cluster.SealedCredential)];
            }
        }

        public async Task<string> MakeAsync()
        {
            Story.WritesLedger = true;
            var entry = await Story.EntryAsync([Place.Name], Cancellation, approvals: 2, attest: Story.ByAdmins(Story.Dana, Story.Dave, Cancellation));
            var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, TimeSpan.FromSeconds(1))).Grants[0];
            await StartAsync();
            await UntilAsync(grant, GrantStatus.Ended);
            return (await Export(Database).MakeAsync(grant.Id, Cancellation)).Value.ToText();
        }

        public static EvidenceExport Export(TestDatabase database) => new(
            database, TestInstallation.Sealer, TestInstallation.Key, TestInstallation.BindingKey,
            new ProviderOptions { Authority = World.Issuer, ClientId = TestIssuer.ClientId, ClientSecret = ClientSecret, Profile = ProviderProfile.Sandbox }, new PortalGroups(), TimeProvider.System);
    }
}
