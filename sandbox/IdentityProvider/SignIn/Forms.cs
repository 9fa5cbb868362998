namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>What the password page posts.</summary>
public sealed record PasswordForm(string? Interaction, string? UserName, string? Password);

/// <summary>What the code page posts.</summary>
public sealed record CodeForm(string? Interaction, string? Code);

/// <summary>What a <c>Cancel</c> button posts.</summary>
public sealed record CancelForm(string? Interaction);
