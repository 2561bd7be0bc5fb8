import t from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { call, keyOf, on, startHttp } from './fixture.js';

const table = [
  on(
    'POST',
    '/api/things',
    { audit: 'thing.create', permission: 'server.write', body: Type.Object({ name: Type.String() }) },
    (_, context) => {
      context.audit.resource = { type: 'thing', id: '1' };
      context.audit.details = { name: 'a' };
      throw new DomainError('conflict', 'there is one already');
    },
  ),
  on('DELETE', '/api/things', { audit: 'thing.delete' }, async (_, context) => {
    context.audit.resource = { type: 'thing', id: '1' };
    throw new DomainError('conflict', 'in use');
  }),
  on('PUT', '/api/things', { audit: 'thing.update', permission: 'public' }, () => {
    throw new DomainError('conflict', 'in use');
  }),
  on('PATCH', '/api/things', {}, () => {
    throw new DomainError('conflict', 'in use');
  }),
  on('PUT', '/api/changed', { audit: 'thing.update' }),
  on('GET', '/api/things', { audit: 'thing.read', permission: 'server.write' }),
];
const headers = { 'x-api-key': keyOf('none'), 'user-agent': 'tests/1', 'x-request-id': 'r1' };

t.test(
  'the audit entry of a failure has the action, the caller, the address and the notes of the handler',
  async (t) => {
    const { url, audits } = await startHttp(t, { connect: table });
    await call(`${url}/api/things`, 'POST', { headers, body: { name: 'a' } });
    t.match(audits, [
      {
        action: 'thing.create',
        success: false,
        caller: { kind: 'api_key' },
        ip: '127.0.0.1',
        userAgent: 'tests/1',
        requestId: 'r1',
        api: 'connect',
        resource: { type: 'thing', id: '1' },
        details: { name: 'a', error: 'conflict' },
        durationMs: Number,
      },
    ]);
  },
);

t.test('the HTTP layer writes no entry of a success: the domain writes it together with the change', async (t) => {
  const { url, audits } = await startHttp(t, { connect: table });
  t.equal((await call(`${url}/api/changed`, 'PUT', { headers })).status, 200);
  await call(`${url}/api/things`, 'DELETE', { headers });
  t.match(audits, [{ success: false, details: { error: 'conflict' }, resource: { id: '1' } }]);
  t.equal(audits.length, 1);
});

t.test('the refusal of a caller has an entry if the request would have changed something', async (t) => {
  const { url, audits } = await startHttp(t, { connect: table });
  await call(`${url}/api/things`, 'POST', { headers: {}, body: { name: 'a' } });
  const viewer = { headers: { 'x-api-key': keyOf('none', 'viewer') } };
  await call(`${url}/api/things`, 'POST', { ...viewer, body: { name: 'a' } });
  await call(`${url}/api/things`, 'GET', viewer);
  t.match(audits, [
    { success: false, details: { error: 'unauthenticated' }, caller: null, action: 'thing.create' },
    { success: false, details: { error: 'forbidden' }, caller: { role: 'viewer' }, action: 'thing.create' },
  ]);
  t.equal(audits.length, 2);
});

t.test('a public endpoint is audited without a caller; an endpoint without an action is not audited', async (t) => {
  const { url, audits } = await startHttp(t, { connect: table });
  await call(`${url}/api/things`, 'PUT', { headers: {} });
  await call(`${url}/api/things`, 'PATCH');
  t.match(audits, [{ caller: null, action: 'thing.update', success: false }]);
  t.equal(audits.length, 1);
});

t.test('an audit log that fails does not fail the request', async (t) => {
  const record = () => {
    throw new Error('disk full');
  };
  const { url, logged } = await startHttp(t, { connect: table }, { audit: { record } });
  t.equal((await call(`${url}/api/things`, 'PUT', { headers: {} })).status, 409);
  t.match(logged, [{ body: 'audit entry lost', action: 'thing.update' }]);
});

t.test('every response is observed once', async (t) => {
  const seen: unknown[] = [];
  const { url } = await startHttp(t, { connect: table }, { observe: (observation) => void seen.push(observation) });
  await call(`${url}/api/things`, 'PATCH');
  await call(`${url}/api/things`, 'DELETE');
  await call(`${url}/nothing`);
  t.match(seen, [
    { api: 'connect', path: '/api/things', method: 'PATCH', status: 409, durationMs: Number },
    { api: 'connect', path: '/api/things', method: 'DELETE', status: 409 },
    { api: null, path: '', method: 'GET', status: 404 },
  ]);
});
