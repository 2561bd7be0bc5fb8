import t from 'tap';
import { printAction, readAction } from '../../hub/api/portal/admin.js';
import { portalApi } from '../../hub/api/portal/index.js';
import { describedApis } from '../../hub/apis.js';
import type { Domain } from '../../hub/domain/domain.js';
import { DomainError, type ErrorCode, errorCodes, invalid, notFound } from '../../hub/domain/errors.js';
import { withBuiltins } from '../../hub/http/builtins.js';
import { portalDocument } from '../portal.js';
import { sameShape } from '../shape.js';

const api = withBuiltins(portalApi({} as Domain), () => ({ status: 'healthy' }) as const);
const info = { requestId: 'abc', timestamp: '2026-01-15T10:00:00.000Z' };

t.test('every endpoint of the document is there, with its status; further ones are marked as extensions', async (t) => {
  const specs = new Map(api.endpoints.map(({ spec }) => [`${spec.method} ${spec.path}`, spec]));
  for (const [endpoint, { status }] of Object.entries(portalDocument.endpoints))
    t.equal(specs.get(endpoint)?.status ?? 200, status, endpoint);
  for (const [endpoint, { extension }] of specs)
    t.equal(endpoint in portalDocument.endpoints, extension !== true, endpoint);
});

t.test('limits are the documented ones', async (t) => {
  for (const [name, requests] of Object.entries(portalDocument.rateLimits))
    t.match(api.limits[name], { requests, windowSeconds: 60 }, name);
  const classOf = ({ spec }: (typeof api.endpoints)[number]) => spec.limit ?? 'standard';
  for (const endpoint of api.endpoints)
    if (endpoint.spec.path.includes('/admin/')) t.equal(classOf(endpoint), 'admin', endpoint.spec.path);
});

t.test('the audit log is filtered by its printed fields, for every endpoint', async (t) => {
  for (const { endpoints } of describedApis())
    for (const { spec } of endpoints) if (spec.audit) t.equal(readAction(printAction(spec.audit)), spec.audit);
});

t.test('errors are the documented ones', async (t) => {
  const cases: readonly (readonly [string, DomainError])[] = [
    ['400', invalid('server_id', 'Must be a valid UUID')],
    ['401', new DomainError('expired_credential', 'Invalid or expired token')],
    ['403', new DomainError('forbidden', 'Insufficient permissions')],
    ['404', notFound('server', 'x')],
    ['409', new DomainError('already_exists', 'x', { resource: 'custom_server', name: 'custom-tool' })],
    ['429', new DomainError('rate_limited', 'Too many requests', { retryAfter: 59.2 })],
    ['500', new DomainError('internal', 'Internal server error')],
    ['503', new DomainError('unavailable', 'x')],
  ];
  for (const [status, error] of cases) {
    const answer = api.envelope.failure(error, info);
    const printed = portalDocument.errors[status] as { readonly error: { readonly code: string } };
    t.equal(String(answer.status), status);
    const body = JSON.parse(answer.body);
    sameShape(t, body, printed, status);
    t.equal(body.error.code, printed.error.code);
  }
  t.equal(JSON.parse(api.envelope.failure(cases[5]?.[1] as DomainError, info).body).error.retry_after, 60);
  for (const code of errorCodes)
    t.ok(api.envelope.failure(new DomainError(code satisfies ErrorCode, 'x'), info).status >= 400, code);
});
