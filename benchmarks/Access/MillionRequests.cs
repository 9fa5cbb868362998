using System.Text;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Tests.Fixtures;
using Npgsql;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// Two years of a large company in a database: requests, their decisions, grants and ledger entries, written by SQL. Of each hundred
/// requests 94 were approved and their access is over, the others were denied, withdrawn or timed out; the newest 600 wait.
/// </summary>
internal static class MillionRequests
{
    /// <summary>How many people there are.</summary>
    public const int People = 400;

    /// <summary>How many requests wait.</summary>
    public const int Waiting = 600;

    // Version 7 UUIDs of a moment: as in production, neighbours in time are neighbours in the indexes.
    private const string Functions = """
        CREATE FUNCTION bench_uuid(at timestamptz, n bigint, kind text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
            SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n || kind), 1, 3) || '8' || substr(md5(n || kind), 4, 15))::uuid $$;
        CREATE TABLE bench_people AS SELECT n, bench_uuid(now() - interval '3 years', n, 'person') AS id FROM generate_series(0, $people - 1) AS n;
        INSERT INTO people (id, issuer, subject, name, user_name, groups, groups_seen_at, disabled_why, last_seen_at)
            SELECT id, 'https://provider.test/', 'many-' || n, 'Person ' || n, 'person' || n, ARRAY['developers'], now(), '', now() FROM bench_people;
        CREATE TABLE bench_requests AS SELECT n, now() - ($count - n) * (interval '730 days' / $count) AS at,
            CASE WHEN n > $count - $waiting THEN CASE WHEN n % 20 = 0 THEN 'Draft' ELSE 'AwaitingApproval' END
                 WHEN n % 100 < 94 THEN 'Approved' WHEN n % 100 < 97 THEN 'Denied' WHEN n % 100 < 99 THEN 'Withdrawn' ELSE 'TimedOut' END AS status,
            -- Some ask much, most ask little.
            (floor($people * power(random(), 2)))::int AS asker, 0 AS decider, n % 2 AS entry FROM generate_series(1, $count) AS n;
        UPDATE bench_requests SET decider = (asker + 1 + n % ($people - 1)) % $people;
        ALTER TABLE bench_requests ADD id uuid;
        UPDATE bench_requests SET id = bench_uuid(at, n, 'request');
        """;

    private const string Rows = """
        INSERT INTO access_requests (id, status, version, requester_id, cluster_id, elevated_role_id, elevated_role_version, workflow_id, workflow_version, role_kind, role_name, namespaces,
            duration, reason, ticket, cluster_user_name, pinned_rules, asked_rules_digest, created_at, submitted_at, proof_id, expires_at, settled_at, stage, approver_groups, open_key)
        SELECT r.id, r.status, 1, p.id, e.cluster_id, e.elevated_role_id, 1, e.workflow_id, 1, 'ClusterRole', e.role_name, e.namespaces, interval '30 minutes',
            'The payments queue of shard ' || r.n % 64 || ' is stuck and has to be drained by hand', 'OPS-' || r.n, 'oidc:person' || r.asker, $1, repeat('a', 64), r.at,
            CASE WHEN r.status <> 'Draft' THEN r.at + interval '20 seconds' END, bench_uuid(r.at, r.n, 'proof'), r.at + interval '1 year', CASE WHEN r.status NOT IN ('Draft', 'AwaitingApproval') THEN r.at + interval '10 minutes' END, 0,
            CASE WHEN r.status = 'AwaitingApproval' THEN ARRAY['developers'] ELSE ARRAY[]::text[] END, CASE WHEN r.status = 'AwaitingApproval' THEN r.n::text END
        FROM bench_requests r JOIN bench_people p ON p.n = r.asker JOIN (SELECT *, row_number() OVER (ORDER BY elevated_role_id) - 1 AS place FROM elevated_role_versions WHERE role_name || namespaces[1] <> 'editpayments-staging') e ON e.place = r.entry
        ORDER BY r.n;
        INSERT INTO decisions (id, request_id, request_version, stage, person_id, verdict, comment, decided_at, proof_id)
        SELECT bench_uuid(r.at + interval '10 minutes', r.n, 'decision'), r.id, 1, 0, p.id, CASE r.status WHEN 'Denied' THEN 'Deny' ELSE 'Approve' END, 'Go', r.at + interval '10 minutes', bench_uuid(r.at, r.n, 'decided')
        FROM bench_requests r JOIN bench_people p ON p.n = r.decider WHERE r.status IN ('Approved', 'Denied') ORDER BY r.n;
        INSERT INTO grants (id, request_id, request_version, person_id, cluster_id, elevated_role_id, namespace, role_kind, role_name, cluster_user_name, duration, status, created_at, starts_at, provision_until,
            attempts, probe_user, not_after, signature, create_sent_at, binding_uid, usable_at, ends_at, end_reason, revoking_since, ended_at, due_at)
        SELECT bench_uuid(r.at + interval '11 minutes', r.n, 'grant'), r.id, 1, q.requester_id, q.cluster_id, q.elevated_role_id, q.namespaces[1], q.role_kind, q.role_name, q.cluster_user_name, q.duration,
            CASE WHEN r.n > $count - $waiting - 300 THEN 'Active' ELSE 'Ended' END, r.at + interval '10 minutes', r.at + interval '10 minutes', r.at + interval '25 minutes', 0, 'lapse:probe:' || md5(r.n::text), r.at + interval '41 minutes',
            repeat('s', 96), r.at + interval '10 minutes', q.id::text, r.at + interval '10 minutes', r.at + interval '40 minutes',
            CASE WHEN r.n > $count - $waiting - 300 THEN NULL ELSE 'Expired' END, CASE WHEN r.n > $count - $waiting - 300 THEN NULL ELSE r.at + interval '40 minutes' END,
            CASE WHEN r.n > $count - $waiting - 300 THEN NULL ELSE r.at + interval '40 minutes' END, CASE WHEN r.n > $count - $waiting - 300 THEN now() + interval '1 hour' END
        FROM bench_requests r JOIN access_requests q ON q.id = r.id WHERE r.status = 'Approved' ORDER BY r.n;
        """;

    private const string Ledger = """
        INSERT INTO ledger_entries (sequence, time, actor, act, subject, content, previous_hash, hash)
        SELECT (SELECT sequence FROM ledger_head) + row_number() OVER (ORDER BY r.n, s.k), r.at + s.k * interval '5 minutes',
            CASE s.k WHEN 0 THEN 'person:' || a.id WHEN 1 THEN 'person:' || a.id WHEN 2 THEN 'person:' || d.id ELSE 'lapse' END,
            CASE s.k WHEN 0 THEN 'step-up.proved' WHEN 1 THEN 'request.submitted' WHEN 2 THEN CASE r.status WHEN 'Denied' THEN 'request.denied' ELSE 'request.approved' END WHEN 3 THEN 'grant.active' ELSE CASE WHEN r.n % 10000 = 0 THEN 'alert' ELSE 'grant.ended' END END,
            CASE WHEN s.k < 3 THEN 'request:' || r.id ELSE 'grant:' || bench_uuid(r.at + interval '11 minutes', r.n, 'grant') END,
            convert_to('{"comment":"Go","complete":true,"stage":0,"version":1,"words":"as it was asked"}', 'UTF8'), sha256(convert_to((r.n * 5 + s.k)::text, 'UTF8')), sha256(convert_to((r.n * 5 + s.k + 1)::text, 'UTF8'))
        FROM bench_requests r CROSS JOIN generate_series(0, 4) AS s (k) JOIN bench_people a ON a.n = r.asker JOIN bench_people d ON d.n = r.decider
        WHERE r.status IN ('Approved', 'Denied') AND (s.k < 3 OR r.status = 'Approved');
        UPDATE ledger_head SET sequence = (SELECT max(sequence) FROM ledger_entries);
        DROP TABLE bench_requests;
        """;

    /// <summary>Writes them.</summary>
    public static async Task WriteAsync(TestDatabase database, int count, CancellationToken cancellation)
    {
        var waiting = Math.Min(Waiting, count / 4);
        foreach (var (what, sql) in ((string, string)[])[("people", Functions), ("requests, decisions and grants", Rows), ("ledger", Ledger), ("statistics", "ANALYZE")])
        {
            Bench.Say($"  writing {what}");
            var text = new StringBuilder(sql).Replace("$count", $"{count}").Replace("$waiting", $"{waiting}").Replace("$people", $"{People}").ToString();
            foreach (var statement in text.Contains("$$", StringComparison.Ordinal) ? [text] : text.Split(";\n", StringSplitOptions.RemoveEmptyEntries))
            {
                await using var command = database.Owner.CreateCommand(statement);
                command.CommandTimeout = 1800;
                if (statement.Contains("$1", StringComparison.Ordinal)) command.Parameters.Add(new NpgsqlParameter { Value = World.Rules.ToCanonicalJson() });
                await command.ExecuteNonQueryAsync(cancellation);
            }
        }
        // A vacuum runs in no transaction; without it the first reads would do its work.
        foreach (var table in (string[])["access_requests", "decisions", "grants", "ledger_entries"])
        {
            await using var vacuum = database.Owner.CreateCommand($"VACUUM ANALYZE {table}");
            vacuum.CommandTimeout = 1800;
            await vacuum.ExecuteNonQueryAsync(cancellation);
        }
    }
}
