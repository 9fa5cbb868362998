using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class JustInTime : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "standing_removals",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    change_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    elevated_role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @namespace = table.Column<string>(name: "namespace", type: "character varying(63)", maxLength: 63, nullable: false),
                    name = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    uid = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    status = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    message = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    lacks_right = table.Column<bool>(type: "boolean", nullable: false),
                    removed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    removed_by_hand = table.Column<bool>(type: "boolean", nullable: false),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    restore_proof_id = table.Column<Guid>(type: "uuid", nullable: true),
                    restored_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    restored_uid = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_standing_removals", x => x.id);
                    table.ForeignKey(
                        name: "fk_standing_removals_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_standing_removals_configuration_changes_change_id",
                        column: x => x.change_id,
                        principalTable: "configuration_changes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_standing_removals_elevated_roles_elevated_role_id",
                        column: x => x.elevated_role_id,
                        principalTable: "elevated_roles",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_standing_removals_change_id_position",
                table: "standing_removals",
                columns: new[] { "change_id", "position" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_standing_removals_cluster_id_id",
                table: "standing_removals",
                columns: new[] { "cluster_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_standing_removals_due",
                table: "standing_removals",
                column: "due_at",
                filter: "status IN ('Waiting', 'Removing', 'Restoring')");

            migrationBuilder.CreateIndex(
                name: "ix_standing_removals_elevated_role_id",
                table: "standing_removals",
                column: "elevated_role_id");

            migrationBuilder.CreateIndex(
                name: "ix_standing_removals_open",
                table: "standing_removals",
                columns: new[] { "cluster_id", "uid" },
                unique: true,
                filter: "status IN ('Waiting', 'Removing')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "standing_removals");
        }
    }
}
