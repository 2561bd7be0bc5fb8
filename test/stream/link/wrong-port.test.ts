import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { plainReason, ReasonLog } from '../../../agent/link/connection-reason.js';
import { enroll } from '../../../agent/link/enrolment/enroll.js';
import { wait } from '../../kit/wait.js';
import { agentFolder, memoryLog, startAgent, startHub, version } from './rig.js';

/** A server that speaks HTTP, like the hub's other port. */
async function startHttp(t: Test): Promise<string> {
  const server = createServer((_, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const logged = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line) as { body: string; reason?: string; waitMs?: number });

t.test('the agent tells the port for HTTP from the port for agents, before it enrols', async (t) => {
  const hub = await startHub(t);
  const address = await startHttp(t);
  const { log, lines } = memoryLog();
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const options = { hub: address, dataDir: agentFolder(t), name: 'test', version, log, signal: stop.signal };
  const attempt = enroll({ ...options, token: hub.joinToken() });
  await wait('the agent has logged a failure', () => lines.length > 0);
  stop.abort();
  await t.rejects(attempt, { message: /given up/ });
  const [first] = logged(lines);
  t.match(first?.reason, new RegExp(`^${address} does not speak TLS as hubs do for agents: .*8443\\)\\?$`));
  t.ok((first?.waitMs ?? 0) >= 5_000, 'it is not tried again at once: nothing will change by itself');
});

t.test('the agent tells the two ports apart after it has enrolled, too', async (t) => {
  const hub = await startHub(t);
  const address = await startHttp(t);
  const agent = await startAgent(t, hub, { options: { hub: address }, wait: false });
  await wait('the agent finds no hub', () =>
    logged(agent.lines).some(({ body }) => body === 'the hub cannot be reached'),
  );
  const told = logged(agent.lines).find(({ body }) => body === 'the hub cannot be reached');
  t.match(told?.reason, new RegExp(`^${address} does not speak TLS as hubs do for agents`));
  t.ok((told?.waitMs ?? 0) >= 5_000);
});

t.test('the text that gRPC wraps around a reason is left out', async (t) => {
  const details = 'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ';
  t.equal(plainReason(details, 'hub:1'), 'connect ECONNREFUSED 127.0.0.1:1');
  t.equal(plainReason('the agent is revoked', 'hub:1'), 'the agent is revoked');
});

t.test('an unknown host name is reported once, with the remedy', async (t) => {
  const remedy = 'hub.invalid cannot be resolved: check --hub (the address that the hub has for agents, HOST:PORT)';
  for (const details of [
    'getaddrinfo ENOTFOUND hub.invalid',
    'getaddrinfo EAI_AGAIN hub.invalid',
    'Name resolution failed for target dns:hub.invalid:8443 Resolution note: ',
  ])
    t.equal(plainReason(details, 'hub.invalid:8443'), remedy);
  const told: string[] = [];
  const log = { warn: ({ reason }: { reason: string }) => told.push(reason), debug: () => {} };
  const reasons = new ReasonLog(log as never);
  const event = 'link.unreachable';
  for (const reason of ['one', 'one', 'two', 'one']) reasons.tell({ event, reason }, 'the hub cannot be reached');
  reasons.reset();
  reasons.tell({ event, reason: 'one' }, 'the hub cannot be reached');
  t.same(told, ['one', 'two', 'one', 'one']);
});
