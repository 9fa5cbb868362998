using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class RbacAudit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "rbac_contents",
                columns: table => new
                {
                    digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    json = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_contents", x => x.digest);
                });

            migrationBuilder.CreateTable(
                name: "rbac_findings",
                columns: table => new
                {
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    fingerprint = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    check_id = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    title = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    gravity = table.Column<int>(type: "integer", nullable: false),
                    subject_text = table.Column<string>(type: "text", nullable: false),
                    subject_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    subject_name = table.Column<string>(type: "text", nullable: false),
                    subject_namespace = table.Column<string>(type: "text", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    binding = table.Column<string>(type: "text", nullable: false),
                    @namespace = table.Column<string>(name: "namespace", type: "text", nullable: false),
                    evidence = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false),
                    fix = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false),
                    rules = table.Column<string>(type: "text", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    stands_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_snapshot = table.Column<int>(type: "integer", nullable: true),
                    gone_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    not_evaluated_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    accepted_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    accepted_gravity = table.Column<int>(type: "integer", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_findings", x => new { x.cluster_id, x.fingerprint });
                    table.ForeignKey(
                        name: "fk_rbac_findings_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "rbac_looks",
                columns: table => new
                {
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    looked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    tried_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    workloads_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    failure = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    rbac_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    workloads_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    audited_with = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_looks", x => x.cluster_id);
                    table.ForeignKey(
                        name: "fk_rbac_looks_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "rbac_objects",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    key = table.Column<byte[]>(type: "bytea", nullable: false),
                    uid = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    since = table.Column<int>(type: "integer", nullable: false),
                    until = table.Column<int>(type: "integer", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_objects", x => x.id);
                    table.ForeignKey(
                        name: "fk_rbac_objects_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_rbac_objects_rbac_contents_digest",
                        column: x => x.digest,
                        principalTable: "rbac_contents",
                        principalColumn: "digest",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "rbac_snapshots",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    taken_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    objects = table.Column<string>(type: "text", nullable: false),
                    added = table.Column<int>(type: "integer", nullable: false),
                    changed = table.Column<int>(type: "integer", nullable: false),
                    removed = table.Column<int>(type: "integer", nullable: false),
                    gaps = table.Column<string>(type: "text", nullable: false),
                    unread_kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    served_digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    not_evaluated = table.Column<string>(type: "text", nullable: false),
                    critical = table.Column<int>(type: "integer", nullable: false),
                    high = table.Column<int>(type: "integer", nullable: false),
                    medium = table.Column<int>(type: "integer", nullable: false),
                    low = table.Column<int>(type: "integer", nullable: false),
                    info = table.Column<int>(type: "integer", nullable: false),
                    accepted = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_snapshots", x => x.id);
                    table.ForeignKey(
                        name: "fk_rbac_snapshots_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_rbac_snapshots_rbac_contents_served_digest",
                        column: x => x.served_digest,
                        principalTable: "rbac_contents",
                        principalColumn: "digest",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "rbac_acceptances",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    fingerprint = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    owner = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    gravity = table.Column<int>(type: "integer", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rbac_acceptances", x => x.id);
                    table.ForeignKey(
                        name: "fk_rbac_acceptances_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_rbac_acceptances_rbac_findings_cluster_id_fingerprint",
                        columns: x => new { x.cluster_id, x.fingerprint },
                        principalTable: "rbac_findings",
                        principalColumns: new[] { "cluster_id", "fingerprint" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_rbac_acceptances_cluster_id_fingerprint_id",
                table: "rbac_acceptances",
                columns: new[] { "cluster_id", "fingerprint", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_rbac_acceptances_person_id",
                table: "rbac_acceptances",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_rbac_findings_gone_at",
                table: "rbac_findings",
                column: "gone_at");

            migrationBuilder.CreateIndex(
                name: "ix_rbac_findings_standing",
                table: "rbac_findings",
                columns: new[] { "cluster_id", "gravity", "check_id", "fingerprint" },
                descending: new[] { false, true, false, false },
                filter: "gone_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_rbac_objects_cluster_id_since",
                table: "rbac_objects",
                columns: new[] { "cluster_id", "since" });

            migrationBuilder.CreateIndex(
                name: "ix_rbac_objects_cluster_id_until",
                table: "rbac_objects",
                columns: new[] { "cluster_id", "until" });

            migrationBuilder.CreateIndex(
                name: "ix_rbac_objects_digest",
                table: "rbac_objects",
                column: "digest");

            migrationBuilder.CreateIndex(
                name: "ix_rbac_objects_standing",
                table: "rbac_objects",
                columns: new[] { "cluster_id", "key" },
                unique: true,
                filter: "until IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_rbac_snapshots_cluster_id_number",
                table: "rbac_snapshots",
                columns: new[] { "cluster_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_rbac_snapshots_cluster_id_taken_at",
                table: "rbac_snapshots",
                columns: new[] { "cluster_id", "taken_at" });

            migrationBuilder.CreateIndex(
                name: "ix_rbac_snapshots_served_digest",
                table: "rbac_snapshots",
                column: "served_digest");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "rbac_acceptances");

            migrationBuilder.DropTable(
                name: "rbac_looks");

            migrationBuilder.DropTable(
                name: "rbac_objects");

            migrationBuilder.DropTable(
                name: "rbac_snapshots");

            migrationBuilder.DropTable(
                name: "rbac_findings");

            migrationBuilder.DropTable(
                name: "rbac_contents");
        }
    }
}
