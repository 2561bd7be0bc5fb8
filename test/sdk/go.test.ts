import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { ended, fixtureServer } from '../automation.js';
import { freePort } from '../free-port.mjs';
import { part } from '../parts.js';
import { everything, type Hub, startHub, startHubProcess } from '../roundhouse.js';
import { npx, sample } from '../updates.js';
import { buildPrograms, GoProgram, go, gofmt, module, runDocument } from './go.js';

const documents = new URL('../../proto/openapi/', import.meta.url);

/** Every operation of every API: its method, and its path as a pattern. */
function operations(): { readonly id: string; readonly pattern: RegExp }[] {
  return readdirSync(documents).flatMap((file) => {
    const { servers, paths } = JSON.parse(readFileSync(new URL(file, documents), 'utf8'));
    const base = servers[0].url.replace(/\/$/, '');
    return Object.entries(paths as Record<string, Record<string, { operationId: string }>>).flatMap(([path, item]) =>
      Object.entries(item).map(([verb, { operationId }]) => {
        const escaped = `${base}${path}`.replaceAll('.', '\\.').replaceAll(/\{[^}]*\}/g, '[^/]+');
        return {
          id: `${file} ${operationId}`,
          pattern: new RegExp(`^${verb.toUpperCase()} ${escaped}$`),
        };
      }),
    );
  });
}

/** Which APIs' codes look like this. */
const code = /^(?:[A-Z][A-Z0-9_]+|[a-z][a-z_]+|-\d+)$/;

t.test('the Go SDK', async (t) => {
  if (!part(t, 'go')) return;
  const [folder, { hub }] = await Promise.all([buildPrograms(t), sample(t, { '1.0.0': 'works', '2.0.0': 'works' })]);
  await Promise.all([
    hub.connectServer(npx('github', 'mcp-sample@1.0.0')),
    hub.connectServer(fixtureServer('flow', 'held')),
  ]);
  const run = (scenario: string, env: Record<string, string> = {}, at = hub) =>
    new GoProgram(t, folder, scenario, at, env);

  await t.test('is as gofmt and vet want it, and its own tests pass', async (t) => {
    t.equal(await gofmt(), '');
    await go(['vet', './...'], module);
    t.match(await go(['test', './...'], module), /^ok .*\/rest\t/m);
  });

  await t.test(
    'every operation of every API: without permission as a viewer, or with a subject that does not exist',
    async (t) => {
      const lines = await run('every', { KEY: await hub.key('viewer'), ARGUMENT: 'none' }).rest();
      const sent = new Set(lines.flatMap((line) => line.sent as string[]));
      const missing = operations().filter(({ pattern }) => ![...sent].some((one) => pattern.test(one)));
      t.same(missing, [], 'each operation has a method');
      t.same(
        lines.filter(({ outcome }) => outcome !== 'ok' && !code.test(outcome)),
        [],
        'each answer is understood',
      );
      t.ok(lines.filter(({ outcome }) => /FORBIDDEN|PERMISSION|forbidden/.test(outcome)).length > 50);
    },
  );

  await t.test('an admin reads all answers whole', async (t) => {
    const lines = await run('every', { ARGUMENT: 'github', READS: '1' }).rest();
    t.same(
      lines.filter(({ outcome }) => outcome !== 'ok' && !code.test(outcome)),
      [],
    );
    const read = lines.filter(({ outcome }) => outcome === 'ok');
    t.ok(read.length > 70, `${read.length} of them`);
  });

  await t.test('errors of each API, of arguments, and of a hub that is not there; no credential in any', async (t) => {
    const [automation, infrastructure, portal, connect, backend, invalid, ...more] = await run('errors').rest();
    for (const error of [automation, infrastructure, portal, connect])
      t.match(error, { status: 404, code: /NOT_FOUND/, message: String, hasRequestID: true });
    t.match(backend, { status: 404, code: 'not_found', message: String });
    t.match(invalid, { status: 400, code: 'VALIDATION_ERROR', details: { field: 'name' } });
    const [empty, dot, dots, path, place, odd, nobody, address, secrets] = more;
    for (const error of [empty, dot, dots]) t.match(error, { status: 0, code: 'INVALID_ARGUMENT' });
    for (const error of [path, place, odd]) t.match(error, { status: 404, code: 'NOT_FOUND' });
    t.match(nobody, { status: 0, code: 'CONNECTION_FAILED', message: /refused/ });
    t.match(address, { error: /must be a URL/ });
    t.same(secrets, { planted: false, length: true });
  });

  await t.test('pages of each API, filters, and an iterator that is left early', async (t) => {
    for (const name of ['u1', 'u2', 'u3', 'u4'])
      await hub.call('POST', '/api/users', { username: name, password: 'correct horse battery' });
    for (const name of ['k1', 'k2', 'k3'])
      await hub.call('POST', '/backend/api/v1/api-keys', { name, expires_in: 3600 });
    for (const target of ['logs', 'cache', 'temp']) {
      const { body } = await hub.call('POST', '/automation/api/v1/cleanup/run', { dry_run: true, targets: [target] });
      await ended(hub, `/automation/api/v1/cleanup/${body.data.cleanup_id}`);
    }
    const [tools, users, filtered, keys, jobs, people, entries, bad] = await run('pages').rest();
    t.equal(tools[0], tools[1]);
    t.ok(tools[0] > 4);
    t.same([...users].sort(), ['admin', 'u1', 'u2', 'u3', 'u4']);
    t.same(filtered, { first: 'u3', total: 2 });
    t.ok(keys >= 3, 'keys');
    t.ok(jobs >= 3, 'jobs');
    t.ok(people >= 4, 'people');
    t.equal(entries, 5);
    t.match(bad, [false, { status: 400, code: 'VALIDATION_ERROR' }]);
  });

  await t.test('fields that are left out, null, empty or set arrive as such', async (t) => {
    t.match(await run('values').rest(), [
      [7, null, ['a', 'b'], null],
      [7, 'd', ['a', 'b']],
      [null, 'd', { length: 0 }],
      { message: 'Server deleted successfully' },
      [true, 200, true],
      true,
      ['hi', false, 'flow'],
      'http://127.0.0.1:9/mcp',
      { code: 'VALIDATION_ERROR', details: { field: 'transport' } },
      { code: 'INVALID_ARGUMENT', message: /transport: .*both stdio and http are set/ },
    ]);
  });

  await t.test('the result of a tool has its data and its content, each of its kind', async (t) => {
    await hub.connectServer({
      name: 'reference',
      transport: { type: 'stdio', command: process.execPath, args: [everything] },
    });
    t.same(await run('results').rest(), [
      { temperature: 33, conditions: 'Cloudy', humidity: 82 },
      ['text', true, false],
      ['image', false, true],
      ['text', true, false],
      ['resource_link', true],
    ]);
    await hub.call('DELETE', '/api/servers/reference');
  });

  await t.test('a session: one sign-in for many calls, and another once it has ended', async (t) => {
    const [first, after, wrong] = await run('session').rest();
    const list = 'GET /connect/api/servers';
    t.same(first, { [list]: 20, 'POST /automation/api/v1/auth/token': 1 });
    t.same(after, {
      [list]: 2,
      'POST /automation/api/v1/auth/refresh': 1,
      'POST /automation/api/v1/auth/token': 1,
    });
    t.match(wrong, { status: 401, code: 'INVALID_CREDENTIALS' });
  });

  await t.test('a call that is canceled ends; so does one whose time is up', async (t) => {
    const program = run('cancel');
    t.equal(await program.told(), 'calling');
    program.cue();
    t.match(await program.rest(), [
      { code: 'CANCELED', canceled: true },
      { code: 'CALL_TIMEOUT', deadline: true },
    ]);
  });

  await t.test('streams of lines and of a call', async (t) => {
    t.match(await run('logs').rest(), [true, true, true, 'result', { status: 404, code: 'NOT_FOUND' }]);
  });

  await t.test('jobs are waited for, and a run is followed to its end', async (t) => {
    const config = {
      type: 'workflow',
      steps: [{ name: 'hold', kind: 'tool_call', with: { tool: 'hold', server: 'flow', arguments: {} } }],
    };
    const made = await hub.call('POST', '/backend/api/v1/mcp-definitions', {
      name: 'flow',
      mcp_type: 'workflow',
      config,
    });
    t.equal(made.status, 201, JSON.stringify(made.body));
    const program = run('jobs');
    t.same(await program.told(), ['completed', true, true]);
    t.equal(await program.told(), 'completed');
    t.match(await program.told(), { code: 'CALL_TIMEOUT', deadline: true });
    t.equal(await program.told(), 'following');
    await hub.call('POST', '/api/tools/release/invoke', { serverId: 'flow', arguments: {} });
    t.same(await program.rest(), [
      ['status_change', 'completed'],
      [false, null],
    ]);
  });

  // Last: its tests of every server keep the site busy.
  await t.test('the example of the document', async (t) => {
    const said = await runDocument(folder, hub);
    t.match(said, [/^healthy <nil>$/, /^github 2\.0\.0 in_progress <nil>$/, /^running all <nil>$/]);
  });
});

t.test('the Go SDK, and a hub that is busy or away', async (t) => {
  if (!part(t, 'go')) return;
  const folder = await buildPrograms(t);

  await t.test('a call waits as long as the hub says, and a limit that is far off is an error', async (t) => {
    const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '0.1' } });
    const [throttled, sent, limited] = await new GoProgram(t, folder, 'retries', hub).rest();
    t.match(throttled, { status: 429, code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1000 });
    t.equal(sent, 2);
    t.match(limited, { status: 429, code: 'rate_limited' });
    t.ok(limited.retryAfterMs > 0);
  });

  await t.test(
    'events go on where they were after the hub was away, and nothing is left once they are closed',
    async (t) => {
      const port = await freePort();
      const env = { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}` };
      const first = await startHub(t, { env });
      const program = new GoProgram(t, folder, 'events', first);
      t.equal(await program.told(), 'open');
      let before = 0;
      const tells = async (at: Hub, name: string) => {
        await at.call('POST', '/api/groups', { name });
        const told = await program.told();
        t.match(told, { type: 'group.created', name }, 'this event, and no other');
        t.ok(Number(told.id) > before);
        before = Number(told.id);
      };
      await tells(first, 'before the stop');
      await first.stop();
      const hub = await startHubProcess(t, { env, data: first.data });
      await tells(hub, 'before SIGKILL');
      await hub.stop('SIGKILL');
      await tells(await startHub(t, { env, data: hub.data }), 'last');
      program.cue();
      t.same(await program.rest(), [{ ended: true, leaks: 0 }]);
    },
  );
});
