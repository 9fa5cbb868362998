using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class GrantInFlight : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "in_flight_until",
                table: "grants",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "in_flight_until",
                table: "grants");
        }
    }
}
