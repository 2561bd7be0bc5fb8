import { once } from 'node:events';
import { fromBinary } from '@bufbuild/protobuf';
import { Server, type ServerDuplexStream } from '@grpc/grpc-js';
import { type AgentFrame, ConnectRequestSchema } from '@roundhouse/proto/agent/v1/link';
import t, { type Test } from 'tap';
import { certificateRequest, newKey } from '../../../agent/link/enrolment/enroll.js';
import type { Identity } from '../../../agent/link/enrolment/identity.js';
import { openJournal } from '../../../agent/link/journal/journal.js';
import { startLink } from '../../../agent/link/link.js';
import { decodeTransferPart, encodeCommand, encodeFrame } from '../../../hub/fleet/link/frames.js';
import { versionConflict } from '../../../hub/fleet/link/sessions.js';
import { openAuthority, readCertificateRequest } from '../../../hub/fleet/listen/ca.js';
import { OptionalClientCertificates } from '../../../hub/fleet/listen/client-certificates.js';
import { linkService } from '../../../hub/fleet/listen/service.js';
import { defaultFleetSettings } from '../../../hub/fleet/settings.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { agentFolder, echo, FakeServers, memoryLog, read, startAgent, startHub, table } from './rig.js';

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** A hub of a version before commands could be resumed: it sends no grace, no resume and no receipts. */
async function oldHub(t: Test, dataDir: string) {
  const authority = await openAuthority(dataDir);
  const streams: Stream[] = [];
  const frames: AgentFrame['frame'][] = [];
  const parts: Buffer[] = [];
  const server = new Server();
  server.addService(linkService, {
    connect(stream: Stream) {
      stream.on('error', () => {});
      stream.on('data', (message: Buffer) => {
        for (const { frame } of fromBinary(ConnectRequestSchema, message).frames) frames.push(frame);
        if (frames.at(-1)?.case !== 'hello') return;
        streams.push(stream);
        // The hub sends no heartbeats: the agent has to wait for all messages, on a busy machine too.
        const welcome = { version: '0.1.0', heartbeatIntervalMs: 5_000, silenceLimitMs: 180_000 };
        stream.write(encodeFrame({ case: 'welcome', value: welcome }));
        stream.write(encodeFrame({ case: 'desired', value: { servers: [] } }));
      });
      stream.on('end', () => stream.end());
    },
    transfer(stream: Stream) {
      stream.on('error', () => {});
      stream.on('data', (message: Buffer) => parts.push(message));
      stream.on('end', () => stream.end());
    },
    renew: () => {},
  });
  const credentials = new OptionalClientCertificates(
    authority.pem,
    await authority.serverIdentity(),
    defaultFleetSettings,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
  t.teardown(() => server.forceShutdown());
  const key = await newKey();
  const request = await readCertificateRequest(await certificateRequest(key));
  const { certificate } = await authority.issue(request, 'agent-1', 1);
  const base64 = Buffer.from(certificate).toString('base64');
  const identity: Identity = {
    agentId: 'agent-1',
    site: 'here',
    name: 'new',
    hub: `127.0.0.1:${port}`,
    tokenHash: 'x',
    key,
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    ca: authority.pem.toString(),
  };
  return { identity, streams, frames, parts };
}

t.test('an agent of the next minor version works with a hub that cannot resume commands', async (t) => {
  const hub = await oldHub(t, tempFolder(t));
  let aborted = 0;
  const hanging = {
    name: 'callTool',
    run: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted++;
          reject(signal.reason);
        });
      }),
  };
  const bytes = 10 * 1024 * 1024;
  const log = {
    name: 'readLog',
    transfer: (_: unknown, __: unknown, output: { write(chunk: Uint8Array): Promise<void> }) =>
      output.write(Buffer.alloc(bytes)),
  };
  const dataDir = agentFolder(t);
  const journal = openJournal(dataDir);
  const link = startLink({
    hub: hub.identity.hub,
    dataDir,
    identity: hub.identity,
    operations: table(hanging as never, log as never),
    servers: new FakeServers() as never,
    journal,
    capabilities: [],
    version: '0.2.0',
    log: memoryLog().log,
  });
  t.teardown(async () => {
    await link.close({ graceMs: 0 });
    await journal.close();
  });
  await wait('the agent has a stream', () => hub.streams.length === 1);
  const [stream] = hub.streams;
  // A frame that this agent does not know, and one with a field that it does not know.
  stream?.write(Buffer.from([0x0a, 0x03, 0xfa, 0x06, 0x00]));
  stream?.write(encodeCommand('a', 'read', 60_000, undefined, echo('"hello"')));
  const readLog = { serverId: 's', lines: 0, sinceMs: 0, follow: false };
  stream?.write(encodeCommand('b', 'read', 60_000, undefined, { case: 'readLog', value: readLog }));
  const call = { serverId: 's', tool: 'x', arguments: Buffer.from('{}'), progress: false };
  stream?.write(encodeCommand('c', 'read', 60_000, undefined, { case: 'callTool', value: call }));
  const results = () => hub.frames.flatMap((frame) => (frame.case === 'result' ? [frame.value] : []));
  await wait('the command has a result', () => results().some(({ commandId }) => commandId === 'a'));
  const received = () =>
    hub.parts.map(decodeTransferPart).reduce((sum, part) => sum + (part.case === 'chunk' ? part.value.length : 0), 0);
  await wait('the whole stream has arrived', () => received() === bytes);
  t.pass('a stream comes through without receipts');
  stream?.end();
  await wait('the read is given up', () => aborted === 1);
  t.pass('what only reads is given up with the link: such a hub does not ask for it');
  await wait('the agent has come back', () => hub.streams.length === 2);
});

t.test('agents of the minor versions before and after are admitted', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { agentVersion: '0.0.9' });
  t.ok(await hub.fleet.execute(agent.id, echo('1'), read));
  const newer = await startAgent(t, hub, { agentVersion: '0.2.7' });
  t.ok(await hub.fleet.execute(newer.id, echo('1'), read));
});

t.test('an agent that is too old or too new learns which side to update, and tries again later', async (t) => {
  const hub = await startHub(t);
  for (const [agentVersion, words] of [
    ['0.3.0', 'update the hub first'],
    ['1.1.0', 'update the hub first'],
  ] as const) {
    const agent = await startAgent(t, hub);
    const gone = once(hub.domain, 'disconnect');
    await agent.link.close({ graceMs: 0 });
    await gone;
    const again = await startAgent(t, hub, { dataDir: agent.dataDir, agentVersion, wait: false });
    await wait('the log says how long the agent waits', () =>
      again.lines.some((line) => line.includes(words) && line.includes('waitMs')),
    );
  }
  t.match(versionConflict('0.4.0', '0.2.1'), /update the agent first/);
  t.match(versionConflict('0.4.0', 'nonsense'), /cannot be compared with hub 0\.4\.0/);
  t.match(versionConflict('0.4.0', '0.4.0-\u202e'), /cannot be compared with hub 0\.4\.0/, 'no hidden characters');
  t.equal(versionConflict('0.4.0', '0.5.2'), undefined);
  t.equal(versionConflict('0.4.0', '0.3.9-beta'), undefined);
});
