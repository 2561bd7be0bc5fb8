import t, { type Test } from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { McpClient, type McpLogLevel } from '../../../hub/domain/mcp/clients/client.js';
import { type SharedLevelParts, SharedLevels } from '../../../hub/domain/mcp/clients/shared-levels.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { othersDuring, settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { client as harness } from './harness.js';

const listener = { notify() {}, ask() {}, unask() {} };
const initializeResult = Buffer.from('{"capabilities":{"logging":{}}}');

/** Servers and clients, the levels that the servers got, and how often the hub looked at a server. */
function fleet(t: Test, size: number) {
  const servers = new Map<string, ServerRecord>();
  const away = new Set<string>();
  for (let i = 0; i < size; i += 1)
    servers.set(`s${i}`, { id: `s${i}`, site: `site-${i}`, groupId: null, metadata: { tags: [] } } as never);
  const clients = new Set<McpClient>();
  const got: string[] = [];
  const looks = { count: 0 };
  const answer = { next: () => Promise.resolve() };
  const rights = { now: (of: Caller) => of };
  const byId = (id: string) => {
    looks.count += 1;
    return servers.get(id);
  };
  const send = ({ server, params }: { server: ServerRecord; params: string }) => {
    got.push(`${server.id} ${JSON.parse(params).level}`);
    return answer.next();
  };
  const parts = {
    clients,
    passThrough: { send },
    registry: { all: () => servers.values(), byId },
    observed: {
      get: (id: string) => ({ state: away.has(id) ? 'disconnected' : 'connected', tools: [], initializeResult }),
    },
    rightsNow: (of: Caller) => rights.now(of),
    onError: t.error,
  } as unknown as SharedLevelParts;
  const levels = new SharedLevels(parts);
  const open = (level: McpLogLevel, who: Partial<Caller> = {}) => {
    const opened = new McpClient(new McpView({ ...caller, ...who }, {}), { capabilities: {}, info: {} }, listener);
    opened.logLevel = level;
    clients.add(opened);
    return opened;
  };
  const close = (gone: McpClient) => {
    clients.delete(gone);
    levels.look();
  };
  return { levels, open, close, clients, got, looks, away, answer, rights };
}

t.test('other work runs while the levels of many servers are worked out for many different clients', async (t) => {
  const { levels, open, got } = fleet(t, 50);
  for (let i = 0; i < 50; i += 1) open('debug', { id: `k${i}`, grants: { sites: [`site-${i}`] } });
  const others = await othersDuring(t, async () => {
    levels.look();
    while (got.length < 50) await new Promise(setImmediate);
  });
  t.ok(others >= 100, `others went on ${others} times`);
});

t.test('many clients that close at once cost few rounds, and not a round each', async (t) => {
  const { levels, open, close, got, looks } = fleet(t, 100);
  const staying = open('error');
  const leaving = Array.from({ length: 500 }, () => open('debug'));
  levels.look();
  await settled();
  t.equal(new Set(got).size, 100);
  got.splice(0);
  looks.count = 0;
  for (const gone of leaving) close(gone);
  await settled();
  t.equal(got.length, 100, 'each server gets the level of the client that stays, once');
  t.match(got, ['s0 error']);
  t.ok(looks.count <= 300, `the hub looked at a server ${looks.count} times`);
  close(staying);
});

t.test(
  'a server gets the most detailed level of the clients that may use it, also when it connects later',
  async (t) => {
    const { levels, open, close, got, away } = fleet(t, 2);
    away.add('s1');
    open('warning');
    open('info', { id: 'k2' });
    open('debug', { id: 'k3', grants: { sites: ['site-1'] } });
    levels.look();
    await settled();
    t.same(got, ['s0 info']);
    away.delete('s1');
    levels.connected('s1');
    await settled();
    t.same(got, ['s0 info', 's1 debug']);
    t.equal(levels.of('s1'), 'debug');
    close(open('alert'));
    await settled();
    t.equal(got.length, 2, 'a level that is not wanted most changes nothing');
  },
);

t.test('a client whose caller is revoked or demoted no longer counts, and one whose token expired does', async (t) => {
  const { levels, open, got, rights } = fleet(t, 1);
  open('notice');
  open('info', { id: 'k2', kind: 'user' });
  open('debug', { id: 'k3' });
  levels.look();
  await settled();
  rights.now = (of) => {
    if (of.id === 'k2') throw new DomainError('expired_credential', 'expired');
    if (of.id === 'k3') throw new DomainError('invalid_credential', 'revoked');
    return of;
  };
  levels.look();
  await settled();
  t.same(got, ['s0 debug', 's0 info']);
  rights.now = (of) => (of.id === 'k2' || of.id === 'k3' ? { ...of, role: 'viewer' } : of);
  levels.look();
  await settled();
  t.same(got, ['s0 debug', 's0 info', 's0 notice']);
});

t.test('a change during a round counts in one more round', async (t) => {
  const { levels, open, got } = fleet(t, 2);
  const one = open('info');
  levels.look();
  for (const level of ['error', 'debug', 'error', 'debug'] as const) {
    one.logLevel = level;
    levels.look();
  }
  await settled();
  t.same(got, ['s0 info', 's1 info', 's0 debug', 's1 debug']);
});

t.test('the end of the last client ends the round that is under way', async (t) => {
  const { levels, open, close, got } = fleet(t, 50);
  const last = open('debug');
  await othersDuring(t, async () => {
    levels.look();
    close(last);
    await settled();
  });
  t.ok(got.length < 5, `${got.length} servers got a level`);
});

t.test(
  'a server that was not reached gets the level again, and a server that refuses it when it is back',
  async (t) => {
    const { levels, open, got, answer } = fleet(t, 1);
    open('info');
    answer.next = () => Promise.reject(new DomainError('agent_unreachable', 'away'));
    levels.look();
    await settled();
    answer.next = () => Promise.reject(new DomainError('upstream_failed', 'no', { jsonrpc: { code: -32601 } }));
    levels.look();
    await settled();
    t.equal(got.length, 2);
    levels.look();
    await settled();
    t.equal(got.length, 2, 'a refused level is not sent again');
    levels.connected('s0');
    await settled();
    t.equal(got.length, 3);
  },
);

t.test('a client that is narrowed or closed no longer sets the level of a server', async (t) => {
  const { clients, fleet: agents, openAs } = harness(t);
  const levels = () =>
    agents.asked.flatMap(({ value }) => ('method' in value ? [Buffer.from(value.params).toString()] : []));
  const [loud, louder, quiet] = [openAs(caller), openAs({ ...caller, id: 'k2' }), openAs({ ...caller, id: 'k3' })];
  clients.setLevel(quiet, 'error');
  clients.setLevel(loud, 'info');
  clients.setLevel(louder, 'debug');
  await settled();
  clients.refresh(louder, { ...caller, id: 'k2', role: 'viewer' });
  await settled();
  clients.close(loud);
  await settled();
  t.same(
    levels().map((params) => JSON.parse(params).level),
    ['error', 'debug', 'info', 'error'],
  );
});
