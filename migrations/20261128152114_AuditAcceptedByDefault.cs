using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class AuditAcceptedByDefault : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "accepted_because",
                table: "rbac_findings",
                type: "character varying(600)",
                maxLength: 600,
                nullable: false,
                defaultValue: "");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "accepted_because",
                table: "rbac_findings");
        }
    }
}
