using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Tests;

/// <summary>A database that is down.</summary>
internal sealed class BrokenDatabase : IDbContextFactory<PortalDbContext>
{
    public PortalDbContext CreateDbContext() => throw new InvalidOperationException("The database is down.");
}
