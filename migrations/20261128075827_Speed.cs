using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class Speed : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_grants_lease_owner",
                table: "grants",
                column: "lease_owner",
                filter: "lease_owner IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_grants_live_of_person",
                table: "grants",
                column: "person_id",
                filter: "status NOT IN ('Ended', 'Failed')");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_open",
                table: "access_requests",
                columns: new[] { "submitted_at", "id" },
                filter: "status IN ('Draft', 'AwaitingApproval')");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_open_of_requester",
                table: "access_requests",
                columns: new[] { "requester_id", "created_at", "id" },
                filter: "status IN ('Draft', 'AwaitingApproval')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_grants_lease_owner",
                table: "grants");

            migrationBuilder.DropIndex(
                name: "ix_grants_live_of_person",
                table: "grants");

            migrationBuilder.DropIndex(
                name: "ix_access_requests_open",
                table: "access_requests");

            migrationBuilder.DropIndex(
                name: "ix_access_requests_open_of_requester",
                table: "access_requests");
        }
    }
}
