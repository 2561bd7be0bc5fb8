import t, { type Test } from 'tap';
import type { Operation, Reply } from '../../hub/domain/agents/fleet.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';

const echo = readOnly(({ arguments: { text }, options }) => {
  options.onProgress?.(Buffer.from(JSON.stringify({ progress: 1, message: text })));
  throw new DomainError('upstream_failed', `unknown: ${text}`);
});
const stdio = (env: Readonly<Record<string, string>>) => ({
  transport: { type: 'stdio', command: 'x', args: [], env } as const,
});

/** A standard user has a personal server with variables of the user's choice. */
async function personal(hub: TestDomain, env: Readonly<Record<string, string>>) {
  const mallory = await hub.caller('user');
  const belonging = { ownerId: mallory.caller.id, curated: true };
  await hub.domain.lifecycle.create(mallory, { name: 'of-mallory', ...stdio(env) }, {}, belonging);
  return mallory;
}

/** Calls the echo; gives the error and the progress. */
async function echoed(hub: TestDomain, server: string, text: string, as = hub.admin) {
  const heard: string[] = [];
  const onProgress = (json: string) => heard.push(json);
  const call = { caller: as.caller, tool: 'echo', server, arguments: { text }, onProgress };
  const error = await hub.domain.invocations.invoke(as, call).catch((thrown: Error) => thrown);
  return { message: (error as Error).message, heard };
}

t.test('values of a personal server change no text of another server', async (t) => {
  const hub = await startDomain(t);
  await personal(hub, { A_TOKEN: 'object', B_TOKEN: 'a tool', C_TOKEN: '"progress"', D_TOKEN: '"message"' });
  const { id } = await hub.connect('shared', { echo });
  const [tool] = hub.domain.observed.get(id).tools;
  t.match(JSON.parse(tool?.inputSchema ?? ''), { type: 'object' });
  const { message, heard } = await echoed(hub, 'shared', 'a tool or an object');
  t.equal(message, 'unknown: a tool or an object');
  t.same(
    heard.map((json) => JSON.parse(json)),
    [{ progress: 1, message: 'a tool or an object' }],
  );
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.match(entries, [{ details: { arguments: { text: 'a tool or an object' } } }]);
});

t.test('a guess of a secret, of this server or another, comes back as it was sent', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('other', { echo }, stdio({ DB_PASSWORD: 'winter2026' }));
  await hub.connect('own', { echo }, stdio({ DB_PASSWORD: 'summer2026' }));
  const user = await hub.caller('user');
  const guesses = 'spring2026 summer2026 winter2026';
  const { message } = await echoed(hub, 'own', guesses, user);
  t.equal(message, `unknown: ${guesses}`);
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.match(entries, [{ details: { arguments: { text: 'spring2026 [REDACTED] [REDACTED]' } } }], 'an admin reads this');
});

t.test('a server’s own secret is removed from its errors, its progress and its state', async (t) => {
  const hub = await startDomain(t);
  const secret = 'the-secret-of-it';
  const leak = readOnly(({ options }) => {
    options.onProgress?.(Buffer.from(JSON.stringify({ progress: 1, message: secret })));
    throw new DomainError('upstream_failed', `it is ${secret}`);
  });
  const { id } = await hub.connect('leaky', { echo: leak }, stdio({ NOTE: secret }));
  const { message, heard } = await echoed(hub, 'leaky', 'x');
  t.equal(message, 'it is [REDACTED]');
  t.same(heard, ['{"progress":1,"message":"[REDACTED]"}']);
  hub.report(id, { state: 'error', error: `no ${secret}` });
  t.equal(hub.domain.observed.get(id).error, 'no [REDACTED]');
});

t.test('a server’s secret that the server prints as a number is removed from its tools and its progress', async (t) => {
  const hub = await startDomain(t);
  const schema = { type: 'object', properties: { pin: { type: 'integer', default: 83749201, minimum: 1 } } };
  const leak = readOnly(({ options }) => {
    options.onProgress?.(Buffer.from(JSON.stringify({ progress: 1, message: '', _meta: { pin: 83749201 } })));
    throw new DomainError('upstream_failed', 'no');
  });
  const { id } = await hub.connect('leaky', { echo: { ...leak, inputSchema: schema } }, stdio({ API_PIN: '83749201' }));
  const [tool] = hub.domain.observed.get(id).tools;
  const { pin } = JSON.parse(tool?.inputSchema ?? '').properties;
  t.same(pin, { type: 'integer', default: '[REDACTED]', minimum: 1 });
  t.same((await echoed(hub, 'leaky', 'x')).heard, ['{"progress":1,"message":"","_meta":{"pin":"[REDACTED]"}}']);
});

t.test('the owner of a personal server sees its secrets in no audit entry of the owner’s calls', async (t) => {
  const hub = await startDomain(t);
  const mallory = await personal(hub, { A_TOKEN: 'mallorys-own-secret' });
  await hub.connect('shared', { echo });
  await echoed(hub, 'shared', 'it is mallorys-own-secret', mallory);
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.match(entries, [{ details: { arguments: { text: 'it is [REDACTED]' } } }]);
});

/** The secret of a server that no other record has. */
const FOREIGN = 'winter2026';

/** A hub with a secret of a server, and an agent that also has devices, clusters and a Docker Engine. */
async function withRecords(t: Test) {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['putDevice', 'checkCluster', 'dockerInfo'] });
  await hub.connect('other', { echo }, stdio({ DB_PASSWORD: FOREIGN }));
  return hub;
}

/** The agent answers an operation with an error. */
function fails(hub: TestDomain, name: Operation['case'], message: string, reason = 'failed') {
  hub.fleet.answers.set(name, () => {
    throw new DomainError('upstream_failed', message, { reason });
  });
}

/** The message of the error that some work ends with. */
async function messageOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof DomainError ? error.message : 'it did not fail';
}

/** An agent's answer to an operation on a device. */
function deviceReport(error: string) {
  return (_: string, { value }: Operation): Reply => {
    const deviceId = 'device' in value ? value.device.id : 'deviceId' in value ? value.deviceId : '';
    const rest = { connectedAt: 0, attempt: 0, nextAttempt: 0, hostKey: '', jumpHostKey: '', pinGeneration: 0 };
    const state = error === '' ? 'connected' : 'error';
    return { case: 'device', value: { deviceId, revision: 1, state, error, errorReason: '', ...rest } } as Reply;
  };
}

t.test('texts about a device are searched for its own secrets, and keep the texts of the caller', async (t) => {
  const hub = await withRecords(t);
  const { lifecycle, commands, devices } = hub.domain.network;
  hub.fleet.answers.set('putDevice', deviceReport(''));
  const credentials = { username: 'netadmin', password: 'the-device-password' };
  const device = { name: 'edge', type: 'cisco_ios', hostname: '192.0.2.1', credentials } as const;
  const { record } = await lifecycle.create(hub.admin, device);
  const user = await hub.caller('user');
  const refused = async (command: string, message: string) => {
    fails(hub, 'runCommands', message);
    return messageOf(commands.run(user, 'edge', { commands: [command] }, 'commands'));
  };
  t.match(await refused('show x', `no ${FOREIGN} the-device-password`), `no ${FOREIGN} [REDACTED]`);
  const guess = 'show the-device-password';
  t.match(await refused(guess, `unknown '${guess}'`), `unknown '${guess}'`);
  hub.fleet.answers.set('connectDevice', deviceReport(`no ${FOREIGN} the-device-password`));
  await lifecycle.connect(hub.admin, record.id);
  t.equal(devices.get(hub.admin, 'edge').observed.error, `no ${FOREIGN} [REDACTED]`);
  await hub.restart();
  hub.agentComes({ operations: ['putDevice'] });
  t.match(
    await messageOf(hub.domain.network.commands.run(hub.admin, 'edge', { commands: [guess] }, 'commands')),
    guess,
  );
  fails(hub, 'runCommands', 'no the-device-password');
  const again = hub.domain.network.commands.run(hub.admin, 'edge', { commands: ['show x'] }, 'commands');
  t.match(await messageOf(again), 'no [REDACTED]', 'a hub that starts again knows the secret');
});

t.test('texts about a cluster are searched for its own secrets, and keep the texts of the caller', async (t) => {
  const hub = await withRecords(t);
  const { clusters, exec, pods } = hub.domain.kubernetes;
  const token = 'the-token-of-the-cluster';
  const both = `no ${FOREIGN} ${token}`;
  fails(hub, 'checkCluster', both, 'unreachable');
  const config = { host: 'https://192.0.2.1:6443', token };
  await clusters.create(hub.admin, { name: 'prod', config });
  t.match(clusters.get(hub.admin, 'prod').observed.error, `no ${FOREIGN} [REDACTED]`);
  fails(hub, 'listPods', both);
  const place = { cluster: 'prod', namespace: 'default' };
  t.match(await messageOf(pods.list(hub.admin, place)), `no ${FOREIGN} [REDACTED]`);
  const output = (stdout: string) => {
    const rest = { stderr: '', exitCode: 0, truncated: false, durationMs: 1, container: 'c' };
    hub.fleet.answers.set('execPod', () => json({ stdout, ...rest }));
  };
  output(both);
  t.match(await exec.run(hub.admin, place, 'web', { command: ['env'] }), { stdout: `no ${FOREIGN} [REDACTED]` });
  t.match(await exec.run(hub.admin, place, 'web', { command: ['echo', token] }), { stdout: both });
});

t.test('texts of a Docker Engine are searched for the secrets that callers gave to its containers', async (t) => {
  const hub = await withRecords(t);
  const { runs } = hub.domain.docker;
  const given = 'the-value-of-a-variable';
  const both = `no ${FOREIGN} ${given}`;
  hub.fleet.answers.set('execContainer', () => json({ stdout: both, stderr: '', exitCode: 0 }));
  const command = { container: 'web', env: {}, user: '', workdir: '', timeoutMs: 1000, maxOutputBytes: 1000 };
  const ran = (words: string[], env = {}) => runs.exec(hub.admin, {}, { ...command, command: words, env });
  t.match(await ran(['env'], { API_TOKEN: given }), { stdout: `no ${FOREIGN} [REDACTED]` });
  t.match(await ran(['env']), { stdout: `no ${FOREIGN} [REDACTED]` }, 'a later command, too');
  t.match(await ran(['echo', given]), { stdout: both }, 'the caller sent it');
  fails(hub, 'execContainer', both);
  t.match(await messageOf(ran(['env'])), `no ${FOREIGN} [REDACTED]`);
});

t.test('the log of a container is searched for secrets of a server at its own agent only', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const { id } = await hub.connect('own', { echo }, stdio({ DB_PASSWORD: 'summer2026' }));
  const { secret } = await hub.domain.joinTokens.create(hub.admin, 'elsewhere', 60);
  const { agentId } = await hub.domain.agents.redeem(secret, { name: 'liar', key: 'k' });
  const rest = { version: '0.0.0', platform: 'linux', capabilities: [], operations: ['dockerInfo'] };
  const liar = { id: agentId, name: 'liar', site: 'elsewhere', ...rest, connectedAt: Date.now(), roundTripMs: 1 };
  hub.fleet.connected.set(agentId, liar);
  // Both agents say that the server runs in the container.
  hub.fleet.answers.set('inspectContainer', () => json({ id: 'c', serverId: id, command: [] }));
  const line = { time: '', stream: 'stdout', message: 'guess summer2026' };
  hub.fleet.open = async () => ({
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(`${JSON.stringify(line)}\n`);
    },
    cancel: () => {},
  });
  const range = { lines: 1, sinceMs: 0, untilMs: 0, followMs: 0 };
  const read = async (site: string) => {
    const { lines } = await hub.domain.docker.logs.read(hub.admin, { site }, 'c', range);
    return lines.map(({ message }) => message);
  };
  t.same(await read('local'), ['guess [REDACTED]']);
  t.same(await read('elsewhere'), ['guess summer2026'], 'the hub does not tell another agent which guess is right');
});

/** The agent gives a log of one line; gives all logs as an operator reads them. */
async function logOf(hub: TestDomain, id: string, message: string) {
  const operator = await hub.caller('operator');
  const line = { timestamp: new Date().toISOString(), level: 'info', source: 'stderr', message };
  hub.fleet.open = async () => ({
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(`${JSON.stringify(line)}\n`);
    },
    cancel: () => {},
  });
  hub.fleet.answers.set('searchLog', () => json({ entries: [{ server: id, entry: line }], total: 1, complete: true }));
  const { signal } = new AbortController();
  const range = { lines: 0, sinceMs: 0, follow: false };
  let read = '';
  for await (const chunk of await hub.domain.logs.open(operator, id, range, new CancelSource()))
    read += Buffer.from(chunk).toString();
  const query = { sinceMs: 0, untilMs: 0, text: '', limit: 10 };
  const { entries } = await hub.domain.systemLogs.search(operator.caller, id, query, signal);
  return [JSON.parse(read).message, ...entries.map(({ message }) => message)];
}

t.test('the log of a shared server shows no operator which guess is a secret of another record', async (t) => {
  const hub = await withRecords(t);
  const { id } = await hub.connect('own', { echo }, stdio({ DB_PASSWORD: 'summer2026' }));
  const shown = await logOf(hub, id, `got spring2026 summer2026 ${FOREIGN}`);
  t.same(shown, Array(2).fill(`got spring2026 [REDACTED] ${FOREIGN}`));
});

t.test('a search of logs finds no text that is only in a secret', async (t) => {
  const hub = await withRecords(t);
  const { id } = await hub.connect('own', { echo }, stdio({ DB_PASSWORD: 'sum/mer2026' }));
  const operator = await hub.caller('operator');
  const now = Date.now();
  // The agent redacts less than the hub does. It gives the newest matches, as many as it was asked for.
  const lines = Array.from({ length: 1500 }, (_, at) => ({
    timestamp: new Date(now - Math.floor(at / 3)).toISOString(),
    level: 'info',
    source: 'stderr',
    message: at === 1400 ? 'the sum of all' : `line ${at}: key=${at % 2 ? 'sum/mer2026' : 'sum%2Fmer2026'}`,
  }));
  hub.fleet.answers.set('searchLog', (_agent, operation) => {
    if (operation.case !== 'searchLog') throw new Error('unreachable');
    const { query, untilMs, limit } = operation.value;
    const all = lines.filter(
      ({ timestamp, message }) => message.includes(query) && (!untilMs || Date.parse(timestamp) < untilMs),
    );
    const entries = all.slice(0, limit).map((entry) => ({ server: id, entry }));
    return json({ entries, total: all.length, complete: true });
  });
  const search = async (text: string) => {
    const query = { sinceMs: 0, untilMs: 0, text, limit: 10 };
    const { entries, total, complete } = await hub.domain.systemLogs.search(
      operator.caller,
      id,
      query,
      new AbortController().signal,
    );
    return [total, complete, entries[0]?.message];
  };
  for (const text of ['sum/', 'sum%2F', 'sum/mer2026', 'mer2026', 'other'])
    t.same(await search(text), [0, true, undefined], text);
  t.same(await search('sum'), [1, true, 'the sum of all'], 'behind more than a thousand secrets');
  t.same(await search('line 7'), [111, true, 'line 7: key=[REDACTED]']);
  t.same((await search('line')).slice(0, 2), [1000, false], 'so many are counted');
});

t.test('the log of a container shows the secrets of its own server to no reader', async (t) => {
  const hub = await withRecords(t);
  const { id } = await hub.connect('own', { echo }, stdio({ DB_PASSWORD: 'summer2026' }));
  hub.fleet.answers.set('inspectContainer', () => json({ id: 'web', serverId: id }));
  const line = { time: '', stream: 'stdout', message: `got summer2026 ${FOREIGN}` };
  hub.fleet.open = async () => ({
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(`${JSON.stringify(line)}\n`);
    },
    cancel: () => {},
  });
  const range = { lines: 1, sinceMs: 0, untilMs: 0, followMs: 0 };
  const { lines } = await hub.domain.docker.logs.read(await hub.caller('operator'), {}, 'web', range);
  t.match(lines, [{ message: `got [REDACTED] ${FOREIGN}` }]);
});

t.test(
  'a run holds no secret of the databases and servers of its steps, and keeps a guess of its caller',
  async (t) => {
    const hub = await withRecords(t);
    const { domain, admin } = hub;
    const sent = readOnly(({ arguments: { text, password } }) =>
      text === 'all' ? `${FOREIGN} ${password} its-own-secret` : text,
    );
    const { id: server } = await hub.connect('sends', { sent }, stdio({ NOTE: 'its-own-secret' }));
    const place = { host: '192.0.2.1', port: 5432, databaseName: 'app', username: 'app' };
    await domain.databases.create(admin, { name: 'main', type: 'postgresql', password: 'database-pass', ...place });
    const args = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how a definition names a parameter
      text: '${text}',
      password: '{{database:main|password}}',
    };
    const call = { name: 'call', kind: 'tool_call', with: { server, tool: 'sent', arguments: args } };
    const parameters = { text: { type: 'string', default: '' } } as const;
    await domain.workflows.catalog.add(admin, { name: 'sends', description: '', parameters, steps: [call] });
    const operator = await hub.caller('operator');
    const answered = async (text: string) => {
      const { job } = await domain.workflows.execute(operator, { workflow: 'sends', parameters: { text } });
      const { steps } = await hub.over(job.id);
      const [step] = steps as unknown as readonly [{ result: { result: { content: readonly [{ text: string }] } } }];
      return JSON.parse(step.result.result.content[0].text);
    };
    t.equal(await answered('all'), `${FOREIGN} [REDACTED] [REDACTED]`);
    for (const guess of ['a-wrong-guess', 'database-pass', 'its-own-secret']) t.equal(await answered(guess), guess);
  },
);
