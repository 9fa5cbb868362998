using Lapse.EndToEnd.Tests.Fixtures;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>A whole story, as a collector of OpenTelemetry and the log see it.</summary>
[Collection("browser")]
public sealed class TelemetryTests(LapseFixture lapse)
{
    private static readonly string[] Acts =
    [
        "request.draft", "step-up.begin", "step-up.leave", "step-up.check", "step-up.prove", "request.submit", "decision.approve",
        "provision.check", "provision.prepare", "provision.create", "provision.verify", "provision.activate",
        "access.end", "revoke.delete", "revoke.prove", "revoke.finish",
    ];

    [Fact]
    public async Task Story_IsOneTrace_AndNoSecretOrTextIsWrittenAnywhere()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (alice, bob) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"));
        var (asking, deciding) = (await lapse.WindowAsync(alice), await lapse.WindowAsync(bob));
        var comment = $"comment-{Guid.NewGuid():N}";

        var request = await asking.AskAsync("Edit payments in production");
        await deciding.OpenAsync($"/requests/{request}");
        await deciding.Field("Comment").FillAsync(comment);
        await deciding.Button("Approve").ClickAsync();
        await deciding.StepUpAsync();
        await Expect(asking.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await asking.Button("Drop access").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Dropped", new() { Timeout = 20_000 });

        var trace = request.Replace("-", "", StringComparison.Ordinal);
        string[] missing = Acts;
        for (var deadline = DateTimeOffset.UtcNow.AddSeconds(30); missing.Length > 0 && DateTimeOffset.UtcNow < deadline; await Task.Delay(200, cancellation))
            missing = [.. Acts.Except(lapse.Collector.Spans.Where(span => span.Trace == trace).Select(span => span.Name))];
        Assert.Empty(missing);

        var log = await lapse.LogAsync();
        Assert.True(lapse.Collector.Count("/v1/logs") > 0, "No log was exported.");
        Assert.True(lapse.Collector.Has(request), "The spans do not even have the request's id.");
        string[] secrets = [.. lapse.Secrets, comment, "The payment queue is stuck", "OPS-42", alice.Totp!, bob.Totp!];
        Assert.All(secrets, secret => Assert.False(log.Contains(secret, StringComparison.Ordinal), $"The log has {secret}."));
        Assert.All(secrets, secret => Assert.False(lapse.Collector.Has(secret), $"What was exported has {secret}."));
        Assert.False(TokenText.IsIn(log), "The log has a token.");
        Assert.False(lapse.Collector.HasToken(), "What was exported has a token.");
        // As a token would be found: the sandbox's provider and the cluster sign such.
        Assert.True(TokenText.IsIn($"Bearer {Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlEncode("{\"alg\":\"RS256\"}"u8)}"));
        await asking.CloseAsync();
        await deciding.CloseAsync();
    }
}
