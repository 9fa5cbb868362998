namespace Lapse.Portal.Features;

/// <summary>Marks a class that changes something for a person. A test calls each of them as every wrong person.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class UseCaseAttribute : Attribute;
