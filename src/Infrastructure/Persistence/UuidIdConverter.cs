using Lapse.Domain;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Stores a typed id as <c>uuid</c>.</summary>
internal sealed class UuidIdConverter<T>() : ValueConverter<T, Guid>(id => id.Value, value => Wrap(value))
    where T : struct, IUuidId<T>
{
    // An expression tree cannot call a static abstract member itself.
    private static T Wrap(Guid value) => T.From(value);
}
