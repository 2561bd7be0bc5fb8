import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { dueAt, retryAfter } from '../../../agent/link/enrolment/enroll.js';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openControl } from '../../../agent/link/session/channel.js';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import type { Operation } from '../../../agent/operations/operation.js';
import type { CommandOptions } from '../../../hub/domain/agents/fleet.js';
import { wait } from '../../kit/wait.js';
import { callTool, echo, read, startAgent, startHub, table, version } from './rig.js';

const seconds = (n: number) => ({ certificateDays: n / 86_400 });
const once: CommandOptions = { kind: 'once', timeoutMs: 120_000 };

t.test('certificates of seconds: renewed again and again, without a gap for calls and streams', async (t) => {
  // The certificates are valid as long before they are made as after: each is renewed after four seconds, which leaves a busy machine
  // eight.
  const hub = await startHub(t, { settings: seconds(12) });
  let runs = 0;
  const slow: Operation<'callTool'> = {
    name: 'callTool',
    async run() {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 18_000));
      return { case: 'json', value: Buffer.from('"slow"') };
    },
  };
  const ticks: Operation<'readLog'> = {
    name: 'readLog',
    async transfer(_, { signal }, output) {
      for (let n = 0; !signal.aborted && n < 180; n++) {
        await output.write(Buffer.from(`${n}\n`));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
  const agent = await startAgent(t, hub, { operations: table(slow as never, ticks as never) });
  const first = new X509Certificate(await readFile(join(agent.dataDir, 'agent.crt')));
  const end = Date.now() + 20_000;
  const across = hub.fleet.execute(agent.id, callTool('x'), once);
  const readLog = { case: 'readLog', value: { serverId: 's', lines: 0, sinceMs: 0, follow: false } } as const;
  const stream = await hub.fleet.open(agent.id, readLog, { kind: 'read', timeoutMs: 120_000 });
  const lines = (async () => {
    let text = '';
    for await (const chunk of stream) text += Buffer.from(chunk).toString();
    return text.trim().split('\n').map(Number);
  })();
  let calls = 0;
  for (; Date.now() < end; calls++) {
    await hub.fleet.execute(agent.id, echo('1'), once);
    // Other tests on this machine need the processor, too.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.ok(calls > 100, `${calls} calls, none failed`);
  t.ok(await across);
  t.equal(runs, 1, 'a call over several certificates runs once');
  t.same(
    await lines,
    Array.from({ length: 180 }, (_, n) => n),
  );
  const last = new X509Certificate(await readFile(join(agent.dataDir, 'agent.crt')));
  t.ok(Date.parse(first.validTo) < Date.now(), 'the first certificate has expired');
  t.ok(Date.parse(last.validTo) > Date.parse(first.validTo), 'it was renewed');
  t.ok(agent.lines.filter((line) => line.includes('certificate renewed')).length >= 2);
  t.notOk(hub.domain.told.includes('disconnect'), 'it was never away');
});

t.test('an expired certificate opens nothing, and closes its open connections', async (t) => {
  const hub = await startHub(t, { settings: { ...seconds(15), closedGraceMs: 0 } });
  const agent = await startAgent(t, hub);
  const identity = (await loadIdentity(agent.dataDir)) as Identity;
  await agent.link.close({ graceMs: 0 });
  const knock = () => {
    const client = dialHub(hub.address, identity);
    t.teardown(() => client.close());
    const stream = openControl(client);
    stream.on('error', () => {});
    stream.resume();
    stream.write(encodeFrame({ case: 'hello', value: { epoch: 2n ** 50n, version, name: 'x' } }));
    return new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve));
  };
  t.match(await knock(), { code: status.UNAUTHENTICATED, details: /expired/ }, 'it was open, and is closed');
  await wait(
    'the certificate has expired',
    () => Date.now() > Date.parse(new X509Certificate(identity.certificate).validTo),
  );
  t.match(await knock(), { code: status.UNAUTHENTICATED });
  t.ok(hub.lines.some((line) => line.includes('peer refused')));
});

t.test('revoking closes the streams at once, says so to the agent, and says it again when it comes back', async (t) => {
  const hub = await startHub(t);
  const endless: Operation<'readLog'> = {
    name: 'readLog',
    async transfer(_, __, output) {
      for (;;) await output.write(Buffer.alloc(1024));
    },
  };
  let revoked = 0;
  const options = {
    onRevoked: () => {
      revoked++;
    },
  };
  const agent = await startAgent(t, hub, { operations: table(endless as never), options });
  const readLog = { case: 'readLog', value: { serverId: 's', lines: 0, sinceMs: 0, follow: true } } as const;
  const stream = await hub.fleet.open(agent.id, readLog, read);
  const reading = t.rejects(
    (async () => {
      for await (const _ of stream);
    })(),
    { code: 'agent_unreachable' },
  );
  hub.domain.revoked.add(agent.id);
  hub.fleet.disconnect(agent.id, 'certificate revoked');
  await reading;
  await wait('the agent hears that it is revoked', () => revoked === 1);
  t.same(hub.fleet.agents(), []);
  await agent.link.close({ graceMs: 0 });
  const again = await startAgent(t, hub, { dataDir: agent.dataDir, wait: false, options });
  await wait('the agent hears again that it is revoked', () => revoked === 2);
  await again.link.close({ graceMs: 0 });
});

t.test('when a certificate is due, and when a renewal that failed is tried again', async (t) => {
  const hub = await startHub(t, { settings: { certificateDays: 30 } });
  const agent = await startAgent(t, hub);
  const pem = await readFile(join(agent.dataDir, 'agent.crt'), 'utf8');
  const day = 24 * 60 * 60 * 1000;
  const end = Date.parse(new X509Certificate(pem).validTo);
  t.ok(Math.abs(end - dueAt(pem) - 31 * (day / 3)) < day / 24, 'with a third of its time left');
  t.equal(retryAfter(pem, end - 10 * day), 60 * 60 * 1000, 'each hour while there is time');
  t.equal(retryAfter(pem, end - 60_000), 6_000, 'ten times while there is not');
});
