import t from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

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

t.test('a server’s own secret goes out of its errors, its progress and its state', async (t) => {
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

t.test('the owner of a personal server finds its secrets in no audit entry of the owner’s calls', async (t) => {
  const hub = await startDomain(t);
  const mallory = await personal(hub, { A_TOKEN: 'mallorys-own-secret' });
  await hub.connect('shared', { echo });
  await echoed(hub, 'shared', 'it is mallorys-own-secret', mallory);
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.match(entries, [{ details: { arguments: { text: 'it is [REDACTED]' } } }]);
});
