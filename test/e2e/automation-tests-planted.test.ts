import t from 'tap';
import { ended } from '../automation.js';
import { readDocument } from '../kit/documents.js';
import { everything, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';
import { faulty, register } from './suite-runs.js';

const { endpoints, events } = readDocument('automation-tests');
const base = '/automation/api/v1';
const secret = 'tok_4f8s7d6f5g4h3j2k1';

interface Found {
  readonly server: string;
  readonly tests: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly test: string; readonly type: string; readonly error: string }[];
  readonly skipped: readonly { readonly test: string; readonly type: string; readonly reason: string }[];
}

t.test('planted faults are found under their types, a published server gives none', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await register(t, hub, 'schema', [faulty('invalid-schema')], ['count_books']);
  await register(t, hub, 'echo', [faulty('secret-echo')], ['describe_connection', 'find_invoice'], {
    API_TOKEN: secret,
  });
  await register(t, hub, 'hidden', [faulty('hidden-unicode')], ['list_units']);
  await register(t, hub, 'crash', [faulty('crash-on-bad-input'), '--oversize'], ['outline']);
  await register(t, hub, 'everything', [everything], ['echo', 'get-sum']);
  const client = await WsClient.authenticated(t, hub);
  client.send({ type: 'subscribe', events: ['test.complete'] });
  await client.next('subscribed');

  const { request, answer } = endpoints['POST /api/v1/tests/run'];
  const made = await hub.call('POST', `${base}/tests/run`, request);
  t.equal(made.status, 202);
  sameShape(t, made.body, answer);
  const path = `${base}/tests/${made.body.data.test_id}`;
  const done = await ended(hub, path);
  sameShape(t, (await hub.call('GET', path)).body, endpoints['GET /api/v1/tests/{test_id}'].answer);
  t.equal(done.status, 'completed');

  const results = done.results as Found[];
  const failures = (server: string) => results.find((result) => result.server === server)?.failures ?? [];
  const types = (server: string) => [...new Set(failures(server).map(({ type }) => type))];
  t.same(types('schema'), ['unit']);
  t.match(failures('schema'), [{ test: 'test_input_schema[search_books]' }]);
  t.same(types('echo'), ['security']);
  t.match(failures('echo'), [{ test: 'test_secret_echo[API_TOKEN]' }]);
  t.same(types('hidden'), ['security']);
  t.match(failures('hidden'), [{ test: 'test_hidden_text[tool convert]' }]);
  t.same(types('crash'), ['security']);
  t.match(failures('crash'), [{ test: 'test_oversize_input[outline]' }]);
  t.same(failures('everything'), []);
  t.notOk(JSON.stringify(done).includes(secret));
  const { passed, failed, skipped, total, pass_rate } = done.summary;
  t.equal(total, passed + failed + skipped);
  t.equal(failed, 4);
  t.ok(pass_rate > 0.9 && pass_rate < 1);
  const undeclared = results.flatMap((result) => result.skipped).find(({ test }) => test === 'test_fuzz[convert]');
  t.match(undeclared, { type: 'security', reason: /not declared safe/ });

  const told = await client.next('test.complete');
  for (const field of events['test.complete']) t.ok(field in told, field);
  t.equal(told.test_id, done.test_id);
  t.equal(told.results.length, 5);
});
