using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class ReaperSign : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "reaper",
                table: "cluster_health",
                type: "character varying(40)",
                maxLength: 40,
                nullable: false,
                defaultValue: "None");

            migrationBuilder.AddColumn<string>(
                name: "reaper_message",
                table: "cluster_health",
                type: "character varying(1000)",
                maxLength: 1000,
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "reaper_ran_at",
                table: "cluster_health",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "reaper",
                table: "cluster_health");

            migrationBuilder.DropColumn(
                name: "reaper_message",
                table: "cluster_health");

            migrationBuilder.DropColumn(
                name: "reaper_ran_at",
                table: "cluster_health");
        }
    }
}
