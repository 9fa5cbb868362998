using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class Reliability : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "looked_after_at",
                table: "grants",
                type: "timestamp with time zone",
                nullable: true);

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

            migrationBuilder.CreateTable(
                name: "holds",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    cause = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    why = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    begun_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    begun_by = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    witness = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_holds", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "ledger_checkpoints",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    text = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false),
                    peaks = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_checkpoints", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "hold_ends",
                columns: table => new
                {
                    hold_id = table.Column<Guid>(type: "uuid", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_by = table.Column<Guid>(type: "uuid", nullable: false),
                    proof_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_hold_ends", x => x.hold_id);
                    table.ForeignKey(
                        name: "fk_hold_ends_holds_hold_id",
                        column: x => x.hold_id,
                        principalTable: "holds",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_hold_ends_people_ended_by",
                        column: x => x.ended_by,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_hold_ends_step_up_proofs_proof_id",
                        column: x => x.proof_id,
                        principalTable: "step_up_proofs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_grants_ended_at",
                table: "grants",
                column: "ended_at",
                filter: "looked_after_at IS NULL AND binding_uid IS NOT NULL");

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

            migrationBuilder.CreateIndex(
                name: "ix_hold_ends_ended_by",
                table: "hold_ends",
                column: "ended_by");

            migrationBuilder.CreateIndex(
                name: "ix_hold_ends_proof_id",
                table: "hold_ends",
                column: "proof_id");

            migrationBuilder.CreateIndex(
                name: "ix_ledger_checkpoints_sequence_id",
                table: "ledger_checkpoints",
                columns: new[] { "sequence", "id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "hold_ends");

            migrationBuilder.DropTable(
                name: "ledger_checkpoints");

            migrationBuilder.DropTable(
                name: "holds");

            migrationBuilder.DropIndex(
                name: "ix_grants_ended_at",
                table: "grants");

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

            migrationBuilder.DropColumn(
                name: "looked_after_at",
                table: "grants");

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
