using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class WaitingGrants : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_grants_due_at",
                table: "grants");

            migrationBuilder.CreateIndex(
                name: "ix_grants_waiting",
                table: "grants",
                columns: new[] { "status", "due_at" },
                filter: "lease_owner IS NULL AND due_at IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_grants_waiting",
                table: "grants");

            migrationBuilder.CreateIndex(
                name: "ix_grants_due_at",
                table: "grants",
                column: "due_at",
                filter: "due_at IS NOT NULL");
        }
    }
}
