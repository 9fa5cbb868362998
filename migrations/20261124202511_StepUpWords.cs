using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class StepUpWords : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "refusal_message",
                table: "step_up_challenges",
                type: "character varying(1000)",
                maxLength: 1000,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "provider_self_tests",
                columns: table => new
                {
                    settings_digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    passed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    signature = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_provider_self_tests", x => x.settings_digest);
                    table.ForeignKey(
                        name: "fk_provider_self_tests_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_provider_self_tests_person_id",
                table: "provider_self_tests",
                column: "person_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "provider_self_tests");

            migrationBuilder.DropColumn(
                name: "refusal_message",
                table: "step_up_challenges");
        }
    }
}
