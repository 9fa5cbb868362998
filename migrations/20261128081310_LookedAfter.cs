using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class LookedAfter : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "looked_after_at",
                table: "grants",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_grants_ended_at",
                table: "grants",
                column: "ended_at",
                filter: "looked_after_at IS NULL AND binding_uid IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_grants_ended_at",
                table: "grants");

            migrationBuilder.DropColumn(
                name: "looked_after_at",
                table: "grants");
        }
    }
}
