using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Lapse.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "clusters",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    title = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    environment = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    server = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    certificate_authority = table.Column<string>(type: "text", nullable: false),
                    credential_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    sealed_credential = table.Column<byte[]>(type: "bytea", nullable: false),
                    user_name_claim = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    user_name_prefix = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    groups_claim = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    groups_prefix = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    retired_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clusters", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "data_protection_keys",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    friendly_name = table.Column<string>(type: "text", nullable: true),
                    xml = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_protection_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "elevated_roles",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    current_version = table.Column<int>(type: "integer", nullable: false),
                    retired_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_elevated_roles", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "ledger_entries",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    act = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    subject = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    previous_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_entries", x => x.sequence);
                });

            migrationBuilder.CreateTable(
                name: "ledger_head",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_head", x => x.id);
                    table.CheckConstraint("ck_ledger_head_one_row", "id = 1");
                });

            migrationBuilder.CreateTable(
                name: "people",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    issuer = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    subject = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    user_name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    groups = table.Column<string[]>(type: "text[]", nullable: true),
                    groups_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    disabled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    disabled_by = table.Column<Guid>(type: "uuid", nullable: true),
                    disabled_why = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, defaultValue: ""),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_people", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "provider_keys",
                columns: table => new
                {
                    issuer = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    key_id = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    jwk = table.Column<string>(type: "text", nullable: false),
                    signature = table.Column<byte[]>(type: "bytea", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_provider_keys", x => new { x.issuer, x.key_id });
                });

            migrationBuilder.CreateTable(
                name: "workflows",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    current_version = table.Column<int>(type: "integer", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_workflows", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "cluster_health",
                columns: table => new
                {
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    message = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false),
                    percent = table.Column<int>(type: "integer", nullable: true),
                    server_version = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    missing = table.Column<string>(type: "jsonb", nullable: false),
                    rights_checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rights_checked_for = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cluster_health", x => x.cluster_id);
                    table.ForeignKey(
                        name: "fk_cluster_health_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "role_snapshots",
                columns: table => new
                {
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    role_name = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    @namespace = table.Column<string>(name: "namespace", type: "character varying(63)", maxLength: 63, nullable: false),
                    rules = table.Column<string>(type: "text", nullable: true),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_role_snapshots", x => new { x.cluster_id, x.role_kind, x.role_name, x.@namespace });
                    table.ForeignKey(
                        name: "fk_role_snapshots_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "cluster_identities",
                columns: table => new
                {
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cluster_identities", x => new { x.cluster_id, x.user_name });
                    table.ForeignKey(
                        name: "fk_cluster_identities_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_cluster_identities_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "configuration_changes",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    subject_id = table.Column<Guid>(type: "uuid", nullable: false),
                    title = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    before = table.Column<string>(type: "text", nullable: true),
                    after = table.Column<string>(type: "text", nullable: false),
                    sealed_secret = table.Column<byte[]>(type: "bytea", nullable: true),
                    status = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_proof_id = table.Column<Guid>(type: "uuid", nullable: true),
                    confirmer_id = table.Column<Guid>(type: "uuid", nullable: true),
                    confirmer_proof_id = table.Column<Guid>(type: "uuid", nullable: true),
                    needs_second_admin = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    settled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_configuration_changes", x => x.id);
                    table.CheckConstraint("ck_configuration_changes_secret", "sealed_secret IS NULL OR status IN ('Draft', 'AwaitingSecondAdmin')");
                    table.ForeignKey(
                        name: "fk_configuration_changes_people_author_id",
                        column: x => x.author_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "provider_self_tests",
                columns: table => new
                {
                    settings_digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    tested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    passed = table.Column<bool>(type: "boolean", nullable: false),
                    signature = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_provider_self_tests", x => new { x.settings_digest, x.tested_at });
                    table.ForeignKey(
                        name: "fk_provider_self_tests_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "sign_in_sessions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    groups = table.Column<string[]>(type: "text[]", nullable: false),
                    claims = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sign_in_sessions", x => x.id);
                    table.ForeignKey(
                        name: "fk_sign_in_sessions_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "elevated_role_versions",
                columns: table => new
                {
                    elevated_role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    title = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    description = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    environment = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    role_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    role_name = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    namespaces = table.Column<string[]>(type: "text[]", nullable: false),
                    maximum = table.Column<TimeSpan>(type: "interval", nullable: false),
                    @default = table.Column<TimeSpan>(name: "default", type: "interval", nullable: false),
                    workflow_id = table.Column<Guid>(type: "uuid", nullable: false),
                    confirm_after_step_up = table.Column<bool>(type: "boolean", nullable: false),
                    attestation = table.Column<string>(type: "jsonb", nullable: false),
                    made_by = table.Column<Guid>(type: "uuid", nullable: true),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_elevated_role_versions", x => new { x.elevated_role_id, x.version });
                    table.ForeignKey(
                        name: "fk_elevated_role_versions_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_elevated_role_versions_elevated_roles_elevated_role_id",
                        column: x => x.elevated_role_id,
                        principalTable: "elevated_roles",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_elevated_role_versions_workflows_workflow_id",
                        column: x => x.workflow_id,
                        principalTable: "workflows",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "workflow_versions",
                columns: table => new
                {
                    workflow_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    title = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    requester_groups = table.Column<string[]>(type: "text[]", nullable: false),
                    stages = table.Column<string>(type: "jsonb", nullable: false),
                    time_to_live = table.Column<TimeSpan>(type: "interval", nullable: false),
                    provision_within = table.Column<TimeSpan>(type: "interval", nullable: false),
                    attestation = table.Column<string>(type: "jsonb", nullable: false),
                    made_by = table.Column<Guid>(type: "uuid", nullable: true),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_workflow_versions", x => new { x.workflow_id, x.version });
                    table.ForeignKey(
                        name: "fk_workflow_versions_workflows_workflow_id",
                        column: x => x.workflow_id,
                        principalTable: "workflows",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "step_up_challenges",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    session_id = table.Column<Guid>(type: "uuid", nullable: false),
                    act = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    subject_id = table.Column<Guid>(type: "uuid", nullable: false),
                    subject_version = table.Column<int>(type: "integer", nullable: false),
                    comment = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false),
                    digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    salt = table.Column<byte[]>(type: "bytea", nullable: false),
                    confirm_after = table.Column<bool>(type: "boolean", nullable: false),
                    return_to = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    proved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    consumed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    abandoned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    refusal_code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: true),
                    refusal_message = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_step_up_challenges", x => x.id);
                    table.ForeignKey(
                        name: "fk_step_up_challenges_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_step_up_challenges_sign_in_sessions_session_id",
                        column: x => x.session_id,
                        principalTable: "sign_in_sessions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "access_requests",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    status = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    requester_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    elevated_role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    elevated_role_version = table.Column<int>(type: "integer", nullable: false),
                    workflow_id = table.Column<Guid>(type: "uuid", nullable: false),
                    workflow_version = table.Column<int>(type: "integer", nullable: false),
                    role_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    role_name = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    namespaces = table.Column<string[]>(type: "text[]", nullable: false),
                    duration = table.Column<TimeSpan>(type: "interval", nullable: false),
                    wanted_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false),
                    ticket = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    cluster_user_name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    extends_id = table.Column<Guid>(type: "uuid", nullable: true),
                    pinned_rules = table.Column<string>(type: "text", nullable: false),
                    asked_rules_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    submitted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    proof_id = table.Column<Guid>(type: "uuid", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    settled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    stage = table.Column<int>(type: "integer", nullable: false),
                    approver_groups = table.Column<string[]>(type: "text[]", nullable: false),
                    open_key = table.Column<string>(type: "text", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_requests", x => x.id);
                    table.ForeignKey(
                        name: "fk_access_requests_access_requests_extends_id",
                        column: x => x.extends_id,
                        principalTable: "access_requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_access_requests_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_access_requests_elevated_role_versions_elevated_role_id_ele~",
                        columns: x => new { x.elevated_role_id, x.elevated_role_version },
                        principalTable: "elevated_role_versions",
                        principalColumns: new[] { "elevated_role_id", "version" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_access_requests_people_requester_id",
                        column: x => x.requester_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_access_requests_workflow_versions_workflow_id_workflow_vers~",
                        columns: x => new { x.workflow_id, x.workflow_version },
                        principalTable: "workflow_versions",
                        principalColumns: new[] { "workflow_id", "version" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "step_up_proofs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    challenge_id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    issuer = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    subject = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    nonce = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    salt = table.Column<byte[]>(type: "bytea", nullable: false),
                    challenged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    authenticated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    acr = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: true),
                    amr = table.Column<string[]>(type: "text[]", nullable: false),
                    groups = table.Column<string[]>(type: "text[]", nullable: false),
                    sealed_token = table.Column<byte[]>(type: "bytea", nullable: false),
                    token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    key_id = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    verified_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_step_up_proofs", x => x.id);
                    table.ForeignKey(
                        name: "fk_step_up_proofs_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_step_up_proofs_step_up_challenges_challenge_id",
                        column: x => x.challenge_id,
                        principalTable: "step_up_challenges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "decisions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_version = table.Column<int>(type: "integer", nullable: false),
                    stage = table.Column<int>(type: "integer", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: true),
                    verdict = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    comment = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    proof_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_decisions", x => x.id);
                    table.ForeignKey(
                        name: "fk_decisions_access_requests_request_id",
                        column: x => x.request_id,
                        principalTable: "access_requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_decisions_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "grants",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_version = table.Column<int>(type: "integer", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cluster_id = table.Column<Guid>(type: "uuid", nullable: false),
                    elevated_role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @namespace = table.Column<string>(name: "namespace", type: "character varying(63)", maxLength: 63, nullable: true),
                    role_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    role_name = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    cluster_user_name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    duration = table.Column<TimeSpan>(type: "interval", nullable: false),
                    status = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    provision_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_owner = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    last_error = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                    last_error_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    probe_user = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    not_after = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    signature = table.Column<string>(type: "text", nullable: true),
                    create_sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    in_flight_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    binding_uid = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    usable_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ends_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    already_had_by = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    end_reason = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    failure_reason = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    ended_by = table.Column<Guid>(type: "uuid", nullable: true),
                    revoking_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_grants", x => x.id);
                    table.ForeignKey(
                        name: "fk_grants_access_requests_request_id",
                        column: x => x.request_id,
                        principalTable: "access_requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_grants_clusters_cluster_id",
                        column: x => x.cluster_id,
                        principalTable: "clusters",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_grants_people_person_id",
                        column: x => x.person_id,
                        principalTable: "people",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.InsertData(
                table: "ledger_head",
                columns: new[] { "id", "hash", "sequence" },
                values: new object[] { 1, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 0L });

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_approver_groups",
                table: "access_requests",
                column: "approver_groups",
                filter: "status = 'AwaitingApproval'")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_cluster_id",
                table: "access_requests",
                column: "cluster_id");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_elevated_role_id_elevated_role_version",
                table: "access_requests",
                columns: new[] { "elevated_role_id", "elevated_role_version" });

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_extends_id",
                table: "access_requests",
                column: "extends_id",
                filter: "extends_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_open_key",
                table: "access_requests",
                column: "open_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_requester_id_created_at",
                table: "access_requests",
                columns: new[] { "requester_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_status_expires_at",
                table: "access_requests",
                columns: new[] { "status", "expires_at" });

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_submitted_at",
                table: "access_requests",
                column: "submitted_at");

            migrationBuilder.CreateIndex(
                name: "ix_access_requests_workflow_id_workflow_version",
                table: "access_requests",
                columns: new[] { "workflow_id", "workflow_version" });

            migrationBuilder.CreateIndex(
                name: "ix_cluster_identities_person_id",
                table: "cluster_identities",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_clusters_name",
                table: "clusters",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_configuration_changes_author_id",
                table: "configuration_changes",
                column: "author_id");

            migrationBuilder.CreateIndex(
                name: "ix_configuration_changes_kind_subject_id",
                table: "configuration_changes",
                columns: new[] { "kind", "subject_id" });

            migrationBuilder.CreateIndex(
                name: "ix_configuration_changes_status_created_at",
                table: "configuration_changes",
                columns: new[] { "status", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_configuration_changes_status_expires_at",
                table: "configuration_changes",
                columns: new[] { "status", "expires_at" });

            migrationBuilder.CreateIndex(
                name: "ix_decisions_once_per_person",
                table: "decisions",
                columns: new[] { "request_id", "request_version", "person_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_decisions_person_id_decided_at",
                table: "decisions",
                columns: new[] { "person_id", "decided_at" });

            migrationBuilder.CreateIndex(
                name: "ix_decisions_proof_id",
                table: "decisions",
                column: "proof_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_elevated_role_versions_cluster_id",
                table: "elevated_role_versions",
                column: "cluster_id");

            migrationBuilder.CreateIndex(
                name: "ix_elevated_role_versions_workflow_id",
                table: "elevated_role_versions",
                column: "workflow_id");

            migrationBuilder.CreateIndex(
                name: "ix_elevated_roles_name",
                table: "elevated_roles",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_grants_cluster_id_status",
                table: "grants",
                columns: new[] { "cluster_id", "status" });

            migrationBuilder.CreateIndex(
                name: "ix_grants_due_at",
                table: "grants",
                column: "due_at",
                filter: "due_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_grants_person_id_created_at",
                table: "grants",
                columns: new[] { "person_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_grants_probe_user",
                table: "grants",
                column: "probe_user",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_grants_request_id_request_version_namespace",
                table: "grants",
                columns: new[] { "request_id", "request_version", "namespace" },
                unique: true)
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ix_grants_status_ends_at",
                table: "grants",
                columns: new[] { "status", "ends_at" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_act_sequence",
                table: "ledger_entries",
                columns: new[] { "act", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_actor_sequence",
                table: "ledger_entries",
                columns: new[] { "actor", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_subject_sequence",
                table: "ledger_entries",
                columns: new[] { "subject", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_time",
                table: "ledger_entries",
                column: "time");

            migrationBuilder.CreateIndex(
                name: "ix_people_disabled_at",
                table: "people",
                column: "disabled_at",
                filter: "disabled_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_people_groups",
                table: "people",
                column: "groups")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_people_issuer_subject",
                table: "people",
                columns: new[] { "issuer", "subject" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_people_last_seen_at_id",
                table: "people",
                columns: new[] { "last_seen_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_provider_self_tests_person_id",
                table: "provider_self_tests",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_sign_in_sessions_person_id_started_at",
                table: "sign_in_sessions",
                columns: new[] { "person_id", "started_at" });

            migrationBuilder.CreateIndex(
                name: "ix_step_up_challenges_person_id_created_at",
                table: "step_up_challenges",
                columns: new[] { "person_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_step_up_challenges_session_id",
                table: "step_up_challenges",
                column: "session_id");

            migrationBuilder.CreateIndex(
                name: "ix_step_up_proofs_challenge_id",
                table: "step_up_proofs",
                column: "challenge_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_up_proofs_nonce",
                table: "step_up_proofs",
                column: "nonce",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_up_proofs_once_per_authentication",
                table: "step_up_proofs",
                columns: new[] { "person_id", "authenticated_at" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_up_proofs_token_hash",
                table: "step_up_proofs",
                column: "token_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_workflows_name",
                table: "workflows",
                column: "name",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "cluster_health");

            migrationBuilder.DropTable(
                name: "cluster_identities");

            migrationBuilder.DropTable(
                name: "configuration_changes");

            migrationBuilder.DropTable(
                name: "data_protection_keys");

            migrationBuilder.DropTable(
                name: "decisions");

            migrationBuilder.DropTable(
                name: "grants");

            migrationBuilder.DropTable(
                name: "ledger_entries");

            migrationBuilder.DropTable(
                name: "ledger_head");

            migrationBuilder.DropTable(
                name: "provider_keys");

            migrationBuilder.DropTable(
                name: "provider_self_tests");

            migrationBuilder.DropTable(
                name: "role_snapshots");

            migrationBuilder.DropTable(
                name: "step_up_proofs");

            migrationBuilder.DropTable(
                name: "access_requests");

            migrationBuilder.DropTable(
                name: "step_up_challenges");

            migrationBuilder.DropTable(
                name: "elevated_role_versions");

            migrationBuilder.DropTable(
                name: "workflow_versions");

            migrationBuilder.DropTable(
                name: "sign_in_sessions");

            migrationBuilder.DropTable(
                name: "clusters");

            migrationBuilder.DropTable(
                name: "elevated_roles");

            migrationBuilder.DropTable(
                name: "workflows");

            migrationBuilder.DropTable(
                name: "people");
        }
    }
}
