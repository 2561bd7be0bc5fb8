import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import type { Http2Session } from 'node:http2';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { parseJoinToken } from '@roundhouse/proto/join-token';
import { isVisible } from '@roundhouse/proto/text';
import t, { type Test } from 'tap';
import {
  certificateRequest,
  EnrollmentRefused,
  enroll,
  join as joinHub,
  newKey,
} from '../../../agent/link/enrolment/enroll.js';
import { loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { callEnroll, dialHub, openControl, openTransfer } from '../../../agent/link/session/channel.js';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import { openAuthority, readCertificateRequest } from '../../../hub/fleet/listen/ca.js';
import {
  certificateOf,
  identify,
  readCertificate,
  ShownCertificates,
} from '../../../hub/fleet/listen/client-certificates.js';
import { startLinkProxy } from '../../fixtures/link-proxy.js';
import { freePort } from '../../free-port.mjs';
import { wait } from '../../kit/wait.js';
import { play } from './hostile-agent.js';
import { agentFolder, type Hub, memoryLog, startHub, untilEnd, version } from './rig.js';

function enrollWith(t: Test, hub: Hub, token: string, { dataDir = agentFolder(t), signal = untilEnd(t) } = {}) {
  const { log, lines } = memoryLog();
  const options = { hub: hub.address, token, dataDir, name: 'test', version, log, signal };
  return Object.assign(enroll(options), { lines, dataDir });
}

t.test('a join token is exchanged for an identity, kept in the data folder', async (t) => {
  const hub = await startHub(t);
  const attempt = enrollWith(t, hub, hub.joinToken());
  const identity = await attempt;
  t.equal(identity.site, 'here');
  t.same(await loadIdentity(attempt.dataDir), identity);
  t.equal((await stat(join(attempt.dataDir, 'agent.key'))).mode & 0o777, 0o600);
  t.match(await readFile(join(attempt.dataDir, 'agent.crt'), 'utf8'), /BEGIN CERTIFICATE/);
});

t.test(
  'a token is refused when it was used, has expired or is unknown; the reason is logged, the token never',
  async (t) => {
    const hub = await startHub(t);
    const used = hub.domain.token();
    await enrollWith(t, hub, hub.joinToken(used));
    const tokens = { used, expired: hub.domain.token('expired'), unknown: 'nobody-made-this' };
    for (const [reason, token] of Object.entries(tokens)) {
      await t.rejects(enrollWith(t, hub, hub.joinToken(token)), EnrollmentRefused);
      t.ok(hub.lines.some((line) => line.includes('enrolment refused') && line.includes(`"reason":"${reason}"`)));
      t.notOk(hub.lines.some((line) => line.includes(token)));
    }
    t.equal(hub.fleet.stats().refusedEnrollments, 3);
  },
);

t.test("another hub's token is not even shown to this hub", async (t) => {
  const hub = await startHub(t);
  const other = await startHub(t, { dataDir: agentFolder(t) });
  await t.rejects(enrollWith(t, hub, other.joinToken()), { message: /did not make this join token/ });
  t.equal(hub.fleet.stats().refusedEnrollments, 0);
});

t.test('a damaged token and one of another kind are named as such', async (t) => {
  const hub = await startHub(t);
  await t.rejects(enrollWith(t, hub, hub.joinToken().slice(0, -9)), { message: /damaged/ });
  await t.rejects(enrollWith(t, hub, 'mcp_1234'), { message: /not a join token/ });
});

t.test('the agent waits for a hub that does not run yet', async (t) => {
  const port = await freePort();
  const hub = await startHub(t, { port });
  const token = hub.joinToken();
  await hub.fleet.close({ graceMs: 0 });
  const attempt = enrollWith(t, hub, token);
  await wait('the agent finds no hub', () => attempt.lines.some((line) => line.includes('cannot be reached')));
  await startHub(t, { domain: hub.domain, dataDir: t.testdirName, port });
  t.equal((await attempt).site, 'here');
});

t.test('a broken certificate request is refused, and does not use up the token', async (t) => {
  const hub = await startHub(t);
  const token = hub.domain.token();
  const forged = await certificateRequest(await newKey());
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  const dial = () => {
    const client = dialHub(hub.address, { ca: parseJoinToken(hub.joinToken(token)).ca.toString() });
    t.teardown(() => client.close());
    return client;
  };
  const [client, stranger] = [dial(), dial()];
  for (const [bad, details] of [
    [forged, /signature/],
    [Buffer.from('nonsense'), /PKCS #10/],
    [new Uint8Array(), /PKCS #10/],
    [Buffer.concat([forged, Buffer.alloc(2048)]), /at most 2048 bytes/],
  ] as const) {
    const request = { token, certificateRequest: bad, name: 'x', version };
    await t.rejects(callEnroll(client, request, 60_000), { code: status.INVALID_ARGUMENT, details });
    const unknown = callEnroll(stranger, { ...request, token: 'unknown' }, 60_000);
    await t.rejects(unknown, { code: status.UNAUTHENTICATED }, 'the hub looks at the token first');
  }
  t.equal(hub.domain.tokens.get(token)?.state, 'fresh');
});

t.test('an agent with the same token does not enrol again, an agent with a new token does', async (t) => {
  const hub = await startHub(t);
  const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
  const { log } = memoryLog();
  const options = { hub: hub.address, dataDir, name: 'test', version, log, signal: untilEnd(t) };
  const first = await joinHub({ ...options, token });
  t.same(await joinHub({ ...options, token }), first);
  t.same(await joinHub({ ...options, token: undefined }), first);
  t.not((await joinHub({ ...options, token: hub.joinToken() })).agentId, first.agentId);
  await t.rejects(joinHub({ ...options, dataDir: agentFolder(t), token: undefined }), { message: /join token/ });
});

/** Opens a stream of the link with some certificate, and resolves with its status and messages. */
async function knock(hub: Hub, tls: Parameters<typeof dialHub>[1], open: typeof openControl) {
  const client = dialHub(hub.address, tls);
  const stream = open(client);
  const got: Buffer[] = [];
  stream.on('error', () => {});
  stream.on('data', (message) => got.push(message));
  stream.write(encodeFrame({ case: 'hello', value: { epoch: 1n, version, name: 'intruder' } }));
  const { code } = await new Promise<{ code: number }>((resolve) => stream.once('status', resolve));
  client.close();
  return { code, got: got.length };
}

t.test('without a certificate, with a foreign, a self-made or a revoked one: nothing but a refusal', async (t) => {
  const hub = await startHub(t);
  const identity = await enrollWith(t, hub, hub.joinToken());
  const { ca, key } = identity;
  const foreignAuthority = await openAuthority(agentFolder(t));
  const request = await readCertificateRequest(await certificateRequest(key));
  const foreign = await foreignAuthority.issue(request, identity.agentId, 1);
  const base64 = Buffer.from(foreign.certificate).toString('base64');
  const certificate = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  for (const open of [openControl, openTransfer]) {
    t.same(await knock(hub, { ca }, open), { code: status.UNAUTHENTICATED, got: 0 }, 'none');
    t.same(await knock(hub, { ca, key, certificate }, open), { code: status.UNAUTHENTICATED, got: 0 }, 'foreign');
    const both = certificate + foreignAuthority.pem;
    t.same(await knock(hub, { ca, key, certificate: both }, open), { code: status.UNAUTHENTICATED, got: 0 }, 'chain');
  }
  hub.domain.revoked.add(identity.agentId);
  t.same(await knock(hub, identity, openControl), { code: status.PERMISSION_DENIED, got: 0 }, 'revoked');
  hub.domain.revoked.clear();
  hub.domain.agents.clear();
  t.same(await knock(hub, identity, openControl), { code: status.UNAUTHENTICATED, got: 0 }, 'unknown');
  t.equal(hub.fleet.stats().refusedPeers, 8);
  t.ok(hub.lines.some((line) => line.includes('peer refused')));
});

t.test('the hub checks again a certificate that passed the handshake', async (t) => {
  const hub = await startHub(t);
  const { agentId, certificate } = await enrollWith(t, hub, hub.joinToken());
  const own = await openAuthority(t.testdirName);
  const foreign = await openAuthority(agentFolder(t));
  const { raw } = new X509Certificate(certificate);
  const call = { getAuthContext: () => ({ sslPeerCertificate: { raw } as PeerCertificate }) };
  const shown = certificateOf(call);
  t.match(identify(readCertificate(shown, own), hub.domain), { known: true, id: agentId });
  t.match(identify(readCertificate(shown, foreign), hub.domain), { known: false, reason: /another authority/ });
  t.match(identify(readCertificate(certificateOf({ getAuthContext: () => ({}) }), own), hub.domain), { known: false });
  const request = await readCertificateRequest(await certificateRequest(await newKey()));
  const { certificate: old, serial } = await own.issue(request, agentId, -1);
  await hub.domain.issued(agentId, { serial });
  t.match(identify(readCertificate(new X509Certificate(old), own), hub.domain), {
    known: false,
    reason: /has expired/,
  });
});

t.test(
  'the hub reads the certificate of a connection once, and asks at each call whether it is still valid',
  async (t) => {
    const hub = await startHub(t);
    const { agentId, certificate } = await enrollWith(t, hub, hub.joinToken());
    const shown = new ShownCertificates(await openAuthority(t.testdirName));
    const { raw } = new X509Certificate(certificate);
    let readings = 0;
    const getAuthContext = () => {
      readings += 1;
      return { sslPeerCertificate: { raw } as PeerCertificate };
    };
    const connection = {} as Http2Session;
    const isKnown = () => identify(shown.of(connection, { getAuthContext }), hub.domain).known;
    t.same([isKnown(), isKnown()], [true, true]);
    hub.domain.revoked.add(agentId);
    t.equal(isKnown(), false);
    t.equal(readings, 1);
  },
);

t.test('the hub repeats a lost answer to an enrolment, to the same key and no other', async (t) => {
  const hub = await startHub(t);
  const token = hub.domain.token();
  const client = dialHub(hub.address, { ca: parseJoinToken(hub.joinToken(token)).ca.toString() });
  t.teardown(() => client.close());
  const request = { token, certificateRequest: await certificateRequest(await newKey()), name: 'x', version };
  const first = await callEnroll(client, request, 60_000);
  const second = await callEnroll(client, request, 60_000);
  t.equal(second.agentId, first.agentId);
  const thief = { ...request, certificateRequest: await certificateRequest(await newKey()) };
  await t.rejects(callEnroll(client, thief, 60_000), { code: status.UNAUTHENTICATED });
});

t.test('an agent that dies before the answer comes enrols with the same key at its next start', async (t) => {
  const hub = await startHub(t);
  const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
  const proxy = await startLinkProxy(t, hub.address);
  proxy.hold('toAgent');
  const killed = new AbortController();
  const { log } = memoryLog();
  const options = { token, dataDir, name: 'test', version, log };
  const first = t.rejects(enroll({ ...options, hub: proxy.address, signal: killed.signal }));
  proxy.release('toAgent');
  await once(hub.domain, 'issued');
  proxy.hold('toAgent');
  killed.abort();
  proxy.cut();
  await first;
  const identity = await enroll({ ...options, hub: hub.address, signal: untilEnd(t) });
  t.same([...hub.domain.agents.keys()], [identity.agentId], 'it is the same agent');
});

t.test('an agent with an unfit version learns so before its token is used', async (t) => {
  const hub = await startHub(t);
  const token = hub.domain.token();
  const { log } = memoryLog();
  const options = { hub: hub.address, token: hub.joinToken(token), dataDir: agentFolder(t), name: 'x', log };
  await t.rejects(enroll({ ...options, version: '0.9.0', signal: untilEnd(t) }), { message: /update the hub first/ });
  t.equal(hub.domain.tokens.get(token)?.state, 'fresh');
});

t.test('the names and facts that an agent gives reach the hub without hidden characters', async (t) => {
  const hub = await startHub(t);
  const { log } = memoryLog();
  const [name, dataDir] = ['ber\u202elin\u0007', agentFolder(t)];
  const options = { hub: hub.address, token: hub.joinToken(), dataDir, name, log, version };
  const { agentId } = await enroll({ ...options, signal: untilEnd(t) });
  t.equal(hub.domain.agents.get(agentId)?.name, 'berlin');
  const facts = { platform: 'linux\u202e', capabilities: ['doc\u200bker'], operations: ['call\u0000Tool'], name };
  const connected = once(hub.domain, 'connect');
  await (await play(t, hub, dataDir, facts)).welcomed;
  const [agent] = await connected;
  t.match(agent, { name: 'berlin', platform: 'linux', capabilities: ['docker'] });
  const told = [...hub.lines.map((line) => JSON.parse(line)), agent].flatMap((one) => Object.values(one).flat());
  for (const value of told) t.ok(isVisible(String(value)), String(value));
});
