// A second verifier of a bundle of evidence, written from docs/evidence.md alone and with nothing but node's own crypto.
// node verify-evidence.mjs FILE [INSTALLATION-KEY.pem]: a line for each check, exit code 1 if one fails.
import { createHash, createPublicKey, verify, constants } from 'node:crypto';
import { readFileSync } from 'node:fs';

const file = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const known = process.argv[3] && createPublicKey(readFileSync(process.argv[3]));
const b = file.bundle ?? {};

// Canonical JSON (RFC 8785): names sorted by UTF-16 code units; the rest is as JSON.stringify writes it.
const canonical = v => Array.isArray(v) ? `[${v.map(canonical).join(',')}]`
  : v && typeof v === 'object' ? `{${Object.keys(v).sort().map(k => `${JSON.stringify(k)}:${canonical(v[k])}`).join(',')}}`
  : JSON.stringify(v);
const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const hex = x => x.toString('hex');
const must = (holds, words) => { if (!holds) throw new Error(words); };
const same = (x, y) => canonical(x ?? null) === canonical(y ?? null);
const be = (n, size) => { const x = Buffer.alloc(size); size === 8 ? x.writeBigInt64BE(BigInt(n)) : x.writeInt32BE(n); return x; };
const own = () => createPublicKey(file.publicKey);
const print = key => hex(sha(key.export({ type: 'spki', format: 'der' })));
const p1363 = (key, message, signature) => signature.length === 64 && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
const signed = (purpose, message, signature) =>
  p1363(own(), Buffer.concat([Buffer.from('lapse/installation/v1'), be(Buffer.byteLength(purpose), 4), Buffer.from(purpose), message]), Buffer.from(signature, 'base64'));
const part = text => JSON.parse(Buffer.from(text, 'base64url'));
const entries = act => b.ledger.entries.filter(e => e.act === act).map(e => ({ ...e, content: JSON.parse(e.content) }));
const ask = () => b.request.proof.act.content;
const rules = () => hex(sha(b.request.rules));
const micros = t => BigInt(Date.parse(t.slice(0, 19) + 'Z')) * 1000n + BigInt((t.slice(20, -1) || '0').padEnd(6, '0'));

const providerKeys = () => Object.fromEntries(b.providerKeys.map(k => {
  must(signed('lapse/provider-key/v1', Buffer.from(k.signed), k.signature), 'a key was not pinned by this installation');
  const [issuer, kid, jwk] = JSON.parse(k.signed);
  return [`${issuer} ${kid}`, createPublicKey({ key: JSON.parse(jwk), format: 'jwk' })];
}));

function proved(proof, kind, person) {
  must(proof?.token, 'no proof');
  must(proof.act.act === kind && proof.act.person === person, 'a proof for another act');
  const [head, body, signature] = proof.token.split('.');
  const [header, claims] = [part(head), part(body)];
  const key = providerKeys()[`${claims.iss} ${header.kid}`];
  must(key && claims.iss === b.provider.issuer, 'an unknown key or provider');
  const [, family, bits] = /^(RS|PS|ES)(256|384|512)$/.exec(header.alg) ?? [];
  must(family, 'not signed with a key pair');
  const how = family === 'ES' ? { key, dsaEncoding: 'ieee-p1363' } : family === 'PS' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : { key };
  must(verify(`sha${bits}`, `${head}.${body}`, how, Buffer.from(signature, 'base64url')), "the provider's signature is wrong");
  must(same([].concat(claims.aud), [b.provider.client]), 'not for Lapse alone');
  const nonce = `${proof.challengedTicks}.${sha('lapse/step-up/v1', Buffer.from(proof.salt, 'base64'), sha(canonical(proof.act))).toString('base64url')}`;
  must(claims.nonce === nonce, 'the nonce is of another act');
  must(/^\d+$/.test(String(claims.auth_time)), 'no auth_time');
  const [acr, amr] = [[].concat(claims[b.provider.acrClaim] ?? []), [].concat(claims.amr ?? [])];
  must(b.provider.acr.some(a => acr.includes(a)) || b.provider.amr.some(a => a.split('+').every(x => amr.includes(x))), 'no second factor');
  const who = b.people.find(p => p.id === person);
  must(who?.issuer === claims.iss && who.subject === claims.sub, 'a token of somebody else');
  const overage = claims._claim_names || claims.hasgroups;
  return { claims, token: hex(sha(proof.token)), groups: overage ? [] : [].concat(claims[b.provider.groupsClaim] ?? []) };
}
const requester = () => proved(b.request.proof, 'SubmitRequest', b.request.person);
const any = (groups, wanted) => wanted.some(g => groups.includes(g));

function vouched(what, kind) {
  const { content, operatorSignature, change } = b[what];
  must(ask()[what] === hex(sha(canonical(content))), 'asked under another one');
  if (operatorSignature) return must(signed('lapse/configuration/v1', sha(canonical(content)), operatorSignature), "not the operator's signature");
  must(change, 'nobody vouches');
  const admin = (which, act) => {
    const { groups } = proved(change[`${which}Proof`], act, change[which]);
    must(groups.includes(b.provider.adminGroup), 'no admin');
    const said = change[`${which}Proof`].act;
    // A change from standing to just-in-time access has the entry that it makes as a part of what it says.
    const after = kind === 'ElevatedRole' && said.content.kind === 'JustInTime' ? JSON.parse(said.content.after) : null;
    const says = after ? after.makesEntry === true && canonical(after.entry) === canonical(content) : said.content.kind === kind && said.content.after === canonical(content);
    must(said.subject === change.id && said.content.subject === content.id && says, 'the change says something else');
    return said.content;
  };
  const proposed = admin('author', 'ProposeChange');
  if (proposed.needsSecondAdmin !== false) must(same(admin('confirmer', 'ConfirmChange'), proposed) && change.author !== change.confirmer, 'no second admin');
}

function underCheckpoint(entry, size, root) {
  // RFC 9162, section 2.1.3.2.
  let [place, last, hash] = [entry.sequence - 1, size - 1, sha(Buffer.from([0]), Buffer.from(entry.hash, 'hex'))];
  for (const neighbour of entry.path.map(p => Buffer.from(p, 'hex'))) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      hash = sha(Buffer.from([1]), neighbour, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    } else hash = sha(Buffer.from([1]), hash, neighbour);
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && hex(hash) === root;
}

const without = ({ rules, stage, comment, ...rest }) => rest;
const checks = {
  'format': () => must(file.format === 'lapse/evidence/v1' && b.version === 1, 'another format'),
  'installation-key': () => must(b.installation === print(own()) && (!known || print(known) === print(own())), "not the installation's key"),
  'signature': () => must(signed('lapse/evidence/v1', Buffer.from(canonical(b)), file.signature), 'not as it was signed'),
  'checkpoint': () => {
    const { checkpoint, signature } = b.ledger.checkpoint;
    must(checkpoint.installation === print(own()) && signed('lapse/checkpoint/v1', Buffer.from(canonical(checkpoint)), signature), 'not as it was signed');
  },
  'ledger': () => b.ledger.entries.reduce((before, e) => {
    must(e.sequence > before && [`grant:${b.grant.id}`, `request:${b.request.id}`].includes(e.subject), 'another entry');
    const fields = [e.time, e.actor, e.act, e.subject, e.content].flatMap(f => [be(Buffer.byteLength(f), 8), Buffer.from(f)]);
    must(hex(sha('lapse/ledger/v1', Buffer.from(e.previousHash, 'hex'), be(e.sequence, 8), ...fields)) === e.hash, `entry ${e.sequence} has another hash`);
    must(underCheckpoint(e, b.ledger.checkpoint.checkpoint.sequence, b.ledger.checkpoint.checkpoint.treeRoot), `entry ${e.sequence} is not under the checkpoint`);
    return e.sequence;
  }, 0),
  'provider-keys': () => providerKeys(),
  'request-proof': () => {
    requester();
    const { act } = b.request.proof;
    must(act.subject === b.request.id && act.version === 1 && act.content.requester === act.person, 'another request');
  },
  'entry': () => vouched('entry', 'ElevatedRole'),
  'workflow': () => vouched('workflow', 'Workflow'),
  'request': () => {
    const [{ groups, claims }, asked, entry, workflow] = [requester(), ask(), b.entry.content, b.workflow.content];
    must(any(groups, workflow.requesters), 'may not ask');
    must(asked.cluster === entry.cluster && asked.cluster === b.cluster.id && asked.role === entry.role && entry.workflow === workflow.id && (asked.namespaces.length === 0) === (entry.namespaces.length === 0)
      && asked.namespaces.every(n => entry.namespaces.includes(n)) && asked.durationSeconds <= entry.maximumSeconds, 'more than the entry gives');
    const { userNameClaim, userNamePrefix } = b.cluster;
    must(userNameClaim !== 'email' || String(claims.email_verified).toLowerCase() === 'true', 'an address that is not verified');
    must((userNamePrefix === '-' ? '' : userNamePrefix) + claims[userNameClaim] === asked.clusterUser, 'another user name');
    must(b.request.version > 1 || asked.rules === rules(), 'other rules');
  },
  'approvals': () => {
    const first = requester();
    const [people, tokens, counts, stages] = [new Set([first.claims.sub]), new Set([first.token]), {}, b.workflow.content.stages];
    must(b.decisions.every(d => d.verdict !== 'Deny'), 'denied');
    for (const d of b.decisions.filter(d => d.person)) {
      const { claims, token, groups } = proved(d.proof, 'ApproveRequest', d.person);
      const { act } = d.proof;
      must(act.subject === b.request.id && act.version === b.request.version && same(without(act.content), without(ask())) && act.content.rules === rules(), 'something else was approved');
      must(act.content.stage === d.stage && act.content.comment === d.comment, 'the decision says something else');
      must(!people.has(claims.sub) && !tokens.has(token) && stages[d.stage] && any(groups, stages[d.stage].approvers), 'may not approve');
      people.add(claims.sub); tokens.add(token);
      counts[d.stage] = (counts[d.stage] ?? 0) + 1;
    }
    must(stages.every((s, i) => (counts[i] ?? 0) >= Math.max(1, s.approvals)) && (stages.length > 0 || b.request.version === 1), 'approvals are missing');
  },
  'binding': () => {
    const prepared = entries('grant.prepared');
    if (!b.binding) return must(prepared.length === 0, 'a binding was announced');
    const a = name => b.binding.annotations[`lapse.dev/${name}`];
    const approvers = JSON.parse(a('approvers'));
    const [kind, ...name] = a('role').split('/');
    const fields = ['lapse/binding/v1', a('grant'), a('request'), a('cluster'), a('namespace'), kind, name.join('/'), a('person'), a('probe'), a('not-after'), String(approvers.length), ...approvers, a('ticket')];
    const payload = Buffer.concat(fields.map(f => Buffer.from(`${Buffer.byteLength(f)}:${f},`)));
    must(a('signature').startsWith('v1.') && p1363(createPublicKey(b.bindingKey), payload, Buffer.from(a('signature').slice(3), 'base64url')), 'not as it was signed');
    const place = a('namespace') === '*' ? null : a('namespace');
    must(a('grant') === b.grant.id && a('request') === b.request.id && b.binding.name === `lapse-${b.grant.id}`, 'of another grant');
    must(place === b.binding.namespace && place === b.grant.namespace && (place === null ? ask().namespaces.length === 0 : ask().namespaces.includes(place)), 'in another place');
    must(a('role') === ask().role && b.binding.roleRef === a('role') && a('person') === ask().clusterUser && same(b.binding.subjects, [a('person'), a('probe')]) && a('cluster') === b.cluster.name, 'for something else');
    must(prepared.at(-1)?.content.signature === a('signature'), 'another one was announced');
    must(micros(a('not-after')) <= micros(prepared.at(-1).time) + BigInt(ask().durationSeconds + 60) * 1000000n, 'for longer');
  },
  'story': () => {
    must(entries('request.submitted').some(e => e.content.proof?.tokenSha256 === requester().token), 'never submitted so');
    const approved = entries('request.approved').map(e => e.content.proof?.tokenSha256);
    must(b.decisions.every(d => !d.person || d.verdict !== 'Approve' || approved.includes(hex(sha(d.proof.token)))), 'never approved so');
    const [active, ends, g] = [entries('grant.active'), [...entries('grant.ended'), ...entries('grant.failed')], b.grant];
    if (g.usableAt) {
      must(active.length === 1 && active[0].content.usableAt === g.usableAt && active[0].content.endsAt === g.endsAt && active[0].content.uid === g.bindingUid, 'usable otherwise');
      must(micros(g.endsAt) <= micros(g.usableAt) + BigInt(ask().durationSeconds) * 1000000n, 'for longer');
    } else must(active.length === 0, 'usable otherwise');
    if (!g.endedAt) return must(ends.length === 0, 'it is over');
    const failed = g.status === 'Failed';
    must(ends.length === 1 && ends[0].act === (failed ? 'grant.failed' : 'grant.ended') && (failed ? ends[0].content.failure === g.failureReason : ends[0].content.reason === g.endReason), 'ended otherwise');
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    check();
    console.log(`ok ${name}`);
  } catch (fault) {
    console.log(`FAILED ${name}: ${fault.message}`);
    process.exitCode = 1;
  }
}
