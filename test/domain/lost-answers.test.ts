import t, { type Test } from 'tap';
import type { McpCall } from '../../hub/api/mcp/call.js';
import { granted, perform } from '../../hub/api/mcp/operations/operation.js';
import { operations } from '../../hub/api/mcp/operations/table.js';
import type { Operation } from '../../hub/domain/agents/fleet.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { DomainError } from '../../hub/domain/errors.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { gate, json, readOnly, type ToolCall, writing } from '../kit/scripted-site.js';

const password = 'a long password';
const refused = { details: { outcome: 'unknown' } };

/** A caller, and how it loses the right to the answer of a tool of the server `slow` in the group `team`. */
type Loss = (
  hub: TestDomain,
  place: { readonly id: string; readonly groupId: string },
) => Promise<{
  readonly asker: Asker;
  readonly lose: () => Promise<unknown>;
  readonly code: string;
}>;

/** A user who is signed in. */
async function signedIn({ domain }: TestDomain) {
  const { users, sessions, identity } = domain;
  const { id } = await users.create(SYSTEM, { username: 'eve', password, role: 'operator' });
  const { accessToken } = await sessions.signIn(SYSTEM, 'connect', 'eve', password);
  return { id, asker: { ...SYSTEM, caller: await identity.verify(accessToken) } };
}

const losses: Readonly<Record<string, Loss>> = {
  'a key that is revoked': async (hub) => {
    const asker = await hub.caller('user');
    const lose = () => hub.domain.keys.revoke(hub.admin, asker.caller.id);
    return { asker, lose, code: 'invalid_credential' };
  },
  'the key of a user who is demoted': async (hub) => {
    const { id } = await hub.domain.users.create(SYSTEM, { username: 'eve', password, role: 'operator' });
    const asker = await hub.caller('operator', null, { userId: id });
    return { asker, lose: () => hub.domain.users.bring(SYSTEM, id, { role: 'viewer' }), code: 'forbidden' };
  },
  'a person who is demoted': async (hub) => {
    const { id, asker } = await signedIn(hub);
    return { asker, lose: () => hub.domain.users.bring(SYSTEM, id, { role: 'viewer' }), code: 'invalid_credential' };
  },
  'a person who signs out': async (hub) => {
    const { asker } = await signedIn(hub);
    return { asker, lose: () => hub.domain.sessions.signOut(asker, asker.caller), code: 'invalid_credential' };
  },
  'a key whose grants the server leaves': async (hub, { id, groupId }) => {
    const asker = await hub.caller('user', { groups: [groupId] });
    return { asker, lose: () => hub.domain.lifecycle.update(hub.admin, id, { groupId: null }), code: 'not_found' };
  },
};

/** A server whose tool answers when the test says so, or once it is cancelled. */
async function start(t: Test) {
  const hub = await startDomain(t);
  const { record: group } = await hub.domain.groups.create(hub.admin, { name: 'team' });
  const [begun, answered] = [gate(), gate()];
  const seen: { options?: ToolCall['options'] } = {};
  const answer = async ({ options }: ToolCall) => {
    seen.options = options;
    begun.open();
    await answered.opened;
    return 'a secret of others';
  };
  const { id } = await hub.connect('slow', { work: writing(answer) }, { groupId: group.id });
  return { hub, id, groupId: group.id, begun, answered, seen };
}

async function entriesOf({ domain, admin }: TestDomain, action = 'tool.invoke') {
  return (await domain.audit.page(admin.caller, { action }, 10, 0)).entries;
}

for (const [title, loss] of Object.entries(losses))
  t.test(`no answer of a tool comes to ${title} while the call runs`, async (t) => {
    const { hub, begun, answered, seen, ...place } = await start(t);
    const { asker, lose, code } = await loss(hub, place);
    const call = hub.call('work', {}, { as: asker });
    const lost = t.rejects(call, { code, ...refused });
    await begun.opened;
    t.equal(seen.options?.signal?.aborted, false);
    await lose();
    t.equal(seen.options?.signal?.aborted, true, 'the call is cancelled at once');
    answered.open();
    await lost;
    t.match(await entriesOf(hub), [{ success: true, details: { serverName: 'slow' } }], 'the tool has run');
  });

t.test('a call that is cancelled because its caller lost its rights stands as such in the audit log', async (t) => {
  const hub = await startDomain(t);
  const [begun, late] = [gate(), gate()];
  const answer = ({ options: { signal } }: ToolCall) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DomainError('cancelled', 'The caller gave up')));
      late.opened.then(resolve);
      begun.open();
    });
  await hub.connect('slow', { work: writing(answer) });
  const asker = await hub.caller('user');
  const lost = t.rejects(hub.call('work', {}, { as: asker }), { code: 'invalid_credential', ...refused });
  await begun.opened;
  await hub.domain.keys.revoke(hub.admin, asker.caller.id);
  late.open();
  await lost;
  t.match(await entriesOf(hub), [{ success: false, details: { error: 'cancelled' } }]);
});

t.test('a call goes on when the access token of its caller expires, and not when its key does', async (t) => {
  const { hub, begun, answered } = await start(t);
  const { asker } = await signedIn(hub);
  const expiring = await hub.caller('user', null, { expiresAt: hub.clock.now + 1000 });
  const [call, late] = [hub.call('work', {}, { as: asker }), hub.call('work', {}, { as: expiring })];
  const lost = t.rejects(late, { code: 'expired_credential', ...refused });
  await begun.opened;
  await hub.clock.move(3_600_000);
  t.throws(() => hub.domain.identity.recheck(asker.caller), { code: 'expired_credential' });
  answered.open();
  t.match(await call, { answer: 'a secret of others' });
  await lost;
});

t.test('a caller who goes away cancels its call as before', async (t) => {
  const { hub, begun, answered, seen } = await start(t);
  const signal = new CancelSource();
  const call = hub.domain.invocations.invoke(hub.admin, {
    caller: hub.admin.caller,
    tool: 'work',
    arguments: {},
    signal,
  });
  await begun.opened;
  signal.abort(new DomainError('cancelled', 'The client went away'));
  t.match(seen.options?.signal, { aborted: true, reason: { message: 'The client went away' } });
  answered.open();
  await call;
});

t.test('no answer to a request of a resource comes to a caller who loses its right meanwhile', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('files', { read: readOnly() });
  const asker = await hub.caller('user');
  hub.fleet.answers.set('mcpRequest', async () => {
    await hub.domain.keys.revoke(hub.admin, asker.caller.id);
    return json({ contents: [{ uri: 'file:///a', text: 'a secret' }] });
  });
  const { contents } = hub.domain.mcp;
  await t.rejects(contents.read(asker, id, 'file:///a'), { code: 'invalid_credential', ...refused });
  t.match(await entriesOf(hub, 'resource.read'), [
    { success: false, details: { error: 'invalid_credential', outcome: 'unknown' } },
  ]);
});

/** Work at a site: the operation that the agent gets, its answer, and the request. */
interface SiteWork {
  readonly operation: Operation['case'];
  readonly answer: object;
  readonly begin: (hub: TestDomain, as: Asker) => Promise<unknown>;
  /** The action of the work's entry in the audit log. */
  readonly audited?: string;
}

const output = { exitCode: 0, stdout: 'a secret', stderr: '', truncated: false, durationMs: 1 };
const inPods = { cluster: 'prod', namespace: 'default' };
const works: Readonly<Record<string, SiteWork>> = {
  'a command in a pod': {
    operation: 'execPod',
    answer: { ...output, container: 'c' },
    begin: ({ domain }, as) => domain.kubernetes.exec.run(as, inPods, 'p', { command: ['id'] }),
    audited: 'pod.exec',
  },
  'a list of pods': {
    operation: 'listPods',
    answer: { items: [], complete: true },
    begin: ({ domain }, as) => domain.kubernetes.pods.list(as, inPods),
  },
  'a command in a container': {
    operation: 'execContainer',
    answer: output,
    begin: ({ domain }, as) => {
      const command = { container: 'c', command: ['id'], env: {}, user: '', workdir: '' };
      return domain.docker.runs.exec(as, {}, { ...command, timeoutMs: 1000, maxOutputBytes: 1000 });
    },
    audited: 'container.exec',
  },
  'a pull of an image': {
    operation: 'pullImage',
    answer: { image: 'alpine', digest: 'sha256:1', changed: true, bytes: 1, id: 'sha256:2' },
    begin: ({ domain }, as) => domain.docker.images.pull(as, {}, { image: 'alpine', platform: '' }),
    audited: 'image.pull',
  },
  'commands of a device': {
    operation: 'runCommands',
    answer: {
      results: [
        { command: 'show version', output: 'a secret', success: true, class: 'read', startedAt: 1, durationMs: 1 },
      ],
    },
    begin: ({ domain }, as) => domain.network.commands.run(as, 'edge', { commands: ['show version'] }, 'commands'),
    audited: 'device.command',
  },
  'the configuration of a device': {
    operation: 'getConfig',
    answer: { config: 'hostname edge', format: 'text', hash: 'h', retrievedAt: 1 },
    begin: ({ domain }, as) => domain.network.configs.read(as, 'edge', { format: 'text', section: '' }),
  },
};

for (const [title, { operation, answer, begin, audited }] of Object.entries(works))
  t.test(`${title} gives nothing to a caller whose key is revoked meanwhile`, async (t) => {
    const hub = await startDomain(t);
    const { keys, kubernetes, network } = hub.domain;
    hub.agentComes({ operations: ['dockerInfo', 'checkCluster', 'putDevice'] });
    hub.fleet.answers.set('putDevice', () => json({}));
    const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
    await kubernetes.clusters.create(hub.admin, { name: 'prod', config });
    const credentials = { username: 'admin', password: 'a password of edge-1' };
    await network.devices.create(hub.admin, { name: 'edge', type: 'cisco_ios', hostname: '192.0.2.1', credentials });
    const asker = await hub.caller('admin');
    let lose: () => Promise<unknown> = async () => {};
    let cancelled: boolean | undefined;
    hub.fleet.answers.set(operation, async (_agent, _operation, { signal }) => {
      await lose();
      cancelled = signal?.aborted;
      return json(answer);
    });
    await begin(hub, asker);
    t.equal(cancelled, false, 'its answer comes before');
    lose = () => keys.revoke(hub.admin, asker.caller.id);
    await t.rejects(begin(hub, asker), { code: 'invalid_credential', ...refused });
    t.equal(cancelled, true);
    if (audited === undefined) return;
    t.same(
      (await entriesOf(hub, audited)).map(({ success }) => success),
      [true, true],
      'the audit log has what was done',
    );
  });

t.test('a key with grants for a tool of the hub reads the log of a pod through it', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['checkCluster'] });
  const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
  await hub.domain.kubernetes.clusters.create(hub.admin, { name: 'prod', config });
  hub.fleet.open = async () => ({
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('a line\n');
    },
    cancel: () => {},
  });
  const asker = await hub.caller('operator', { tools: ['roundhouse_get_pod_logs'], sites: ['local'] });
  const { logs } = hub.domain.kubernetes;
  t.match(await logs.read(granted(asker), inPods, 'p', {}), { logs: 'a line\n' });
  await t.rejects(logs.read(asker, inPods, 'p', {}), { code: 'forbidden' }, 'and only through it');
  const elsewhere = await hub.caller('operator', { tools: ['roundhouse_get_pod_logs'], sites: ['elsewhere'] });
  await t.rejects(logs.read(granted(elsewhere), inPods, 'p', {}), { code: 'not_found' });
});

t.test('a caller who loses its rights during a read of the hub gets nothing by a tool of the hub', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const operator = await hub.caller('operator');
  hub.fleet.answers.set('listImages', async () => {
    await hub.domain.keys.revoke(hub.admin, operator.caller.id);
    return json({ images: [], total: 0 });
  });
  const list = operations.find(({ name }) => name === 'roundhouse_list_images');
  if (!list) throw new Error('the hub has no such tool');
  const listed = perform(hub.domain, list, { origin: operator } as McpCall, {});
  await t.rejects(listed, { code: 'invalid_credential' });
});
