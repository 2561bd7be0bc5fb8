import t, { type Test } from 'tap';
import type { McpCall } from '../../hub/api/mcp/call.js';
import { operations } from '../../hub/api/mcp/operations/table.js';
import { createApis } from '../../hub/apis.js';
import { type Caller, type Grants, roles } from '../../hub/domain/access/caller.js';
import type { Permission } from '../../hub/domain/access/permissions.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import type { BoundEndpoint, Context } from '../../hub/http/endpoint.js';
import { validator } from '../../hub/http/request/validation.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { exampleOf } from '../kit/example.js';
import { type Expectation, expected } from '../unit/access/expected.js';

/** Keys of an admin that are narrowed to something that does not exist. */
const narrowings = {
  servers: { servers: ['0193a1b2-0000-7000-8000-000000000001'] },
  groups: { groups: ['0193a1b2-0000-7000-8000-000000000002'] },
  sites: { sites: ['elsewhere'] },
  tools: { tools: ['no_such_tool'] },
} as const satisfies Readonly<Record<keyof Grants, Grants>>;

/** The operations whose domain function asks for another permission than the tool list does. */
const asksFor: Readonly<Record<string, Permission>> = {
  // The domain asks for `device.change` only where a command changes something. The agent says which ones do.
  roundhouse_run_device_commands: 'device.command',
};

/** Starts a domain with a server and a device of the name that {@link exampleOf} gives to everything. */
async function start(t: Test) {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['measureUsage', 'putDevice'] });
  await hub.register('x', {});
  const credentials = { username: 'netadmin', password: 'x' };
  await hub.domain.network.devices.create(hub.admin, {
    name: 'x',
    type: 'cisco_ios',
    hostname: '192.0.2.1',
    credentials,
  });
  const callers = new Map<string, Caller>();
  for (const role of roles) callers.set(`a ${role}`, (await hub.caller(role)).caller);
  for (const [kind, grants] of Object.entries(narrowings))
    callers.set(`a key of an admin that is narrowed to ${kind}`, (await hub.caller('admin', grants)).caller);
  /** The callers that may not do something. */
  const refused = ({ least, narrowed, tools }: Expectation) =>
    [...callers].filter(
      ([, { role, grants }]) =>
        roles.indexOf(role) < roles.indexOf(least) || (grants !== null && !(grants.tools ? tools : narrowed)),
    );
  return { hub, refused };
}

/** A valid request, as the API hands it to the handler. */
function requestOf({ spec }: BoundEndpoint) {
  const names = [...spec.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'x']);
  const read = (kind: 'params' | 'query' | 'body', absent: unknown) => {
    const schema = spec[kind];
    if (!schema) return absent;
    const value = exampleOf(schema);
    validator(schema, kind === 'body' ? 'body' : 'text', kind).check(value);
    return value;
  };
  return { params: read('params', Object.fromEntries(names)), query: read('query', {}), body: read('body', undefined) };
}

function contextOf(caller: Caller): Context {
  const origin = { caller, requestId: 'r', startedAt: 0, ip: '127.0.0.1', userAgent: '', api: 'connect' };
  const context = { ...origin, origin, signal: new CancelSource(), log: {}, header: () => '' };
  return { ...context, lastEventId: '', trace: undefined, audit: {} } as never;
}

/** Refused by the domain: the handler is called as if the API had let the caller in. */
async function isRefused(t: Test, work: () => unknown, title: string): Promise<void> {
  await t.rejects(async () => work(), { code: 'forbidden' }, title);
}

t.test('the domain itself refuses each endpoint to callers that may not call it', async (t) => {
  const { hub, refused } = await start(t);
  for (const api of createApis(hub.domain, () => '', {} as never))
    for (const one of api.endpoints) {
      const expectation = (expected as Readonly<Record<string, Expectation>>)[one.spec.permission];
      for (const [who, caller] of expectation ? refused(expectation) : [])
        await isRefused(
          t,
          () => one.handle(requestOf(one) as never, contextOf(caller)),
          `${api.name} ${one.name}: ${who}`,
        );
    }
});

t.test("the domain itself refuses each of the hub's own tools at /mcp to callers that may not use it", async (t) => {
  const { hub, refused } = await start(t);
  for (const operation of operations) {
    const { name, permission } = operation;
    const expectation = permission && expected[asksFor[name] ?? permission];
    const input = operation.check(exampleOf(JSON.parse(operation.json).inputSchema) as never);
    // A key that names a tool may use it: `matrix.test.ts` proves which tools such a key may use.
    const callers = expectation ? refused({ ...expectation, tools: true }) : [];
    for (const [who, caller] of callers)
      await isRefused(t, () => operation.run(hub.domain, input, callOf(hub, caller)), `${name}: ${who}`);
  }
});

function callOf({ admin }: TestDomain, caller: Caller): McpCall {
  return { origin: { ...admin, caller }, view: { caller }, signal: new CancelSource() } as never;
}
