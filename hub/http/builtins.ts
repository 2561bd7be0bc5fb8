import { Type } from 'typebox';
import type { Door } from '../domain/access/caller.js';
import { StatusReply } from './answer/answer.js';
import type { Api } from './api.js';
import { type BoundEndpoint, type EndpointSpec, Json } from './endpoint.js';
import { type Metrics, metricsEndpoints } from './metrics.js';
import { openApiOf } from './openapi/openapi.js';

/** One answer that satisfies the health endpoint of every document. */
export type ReportHealth = () => { readonly status: 'healthy' | 'unhealthy' };

/** The path of the health endpoint in each API's document. */
const healthPaths: Readonly<Partial<Record<Door, string>>> = {
  automation: '/api/v1/health',
  portal: '/api/v1/health',
  connect: '/health',
  backend: '/api/v1/health',
};
const Health = Type.Object(
  {
    status: Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy')]),
    timestamp: Type.String({ format: 'date-time' }),
    version: Type.String(),
    uptime: Type.Integer({ description: 'Seconds' }),
    connections: Type.Object({ active: Type.Integer(), total: Type.Integer() }),
    checks: Type.Object({ database: Type.String(), redis: Type.String(), docker: Type.String() }),
  },
  { additionalProperties: true },
);

/** The API with the endpoints that all APIs share: health and metrics, unless its own table has them. */
export function withBuiltins(api: Api, health?: ReportHealth | undefined, metrics?: Metrics | undefined): Api {
  const added: BoundEndpoint[] = [];
  const isThere = (path: string) => api.endpoints.some(({ spec }) => spec.method === 'GET' && spec.path === path);
  const add = (name: string, spec: Omit<EndpointSpec, 'method'>, handle: () => unknown) => {
    if (!isThere(spec.path)) added.push({ name, spec: { method: 'GET', ...spec }, handle });
  };
  const healthPath = healthPaths[api.name];
  if (health && healthPath !== undefined) {
    const spec = {
      path: healthPath,
      summary: 'Health check',
      description:
        'The status is 200 while the hub can work, else 503. `redis` stands for the cache of the hub, which needs no Redis. The endpoint needs no credential, and has no rate limit.',
      permission: 'public',
      limit: 'none',
      bare: true,
    } as const;
    add('getHealth', { ...spec, response: Health }, () => {
      const report = health();
      return new StatusReply(report.status === 'healthy' ? 200 : 503, report);
    });
  }
  for (const made of metrics ? metricsEndpoints(api.name, metrics) : []) if (!isThere(made.spec.path)) added.push(made);
  return added.length === 0 ? api : { ...api, endpoints: [...api.endpoints, ...added] };
}

/** `GET /<api>/openapi.json`: the API's description, for every client with a valid credential. It is at the API's base only. */
export function openApiEndpoint(api: Api): BoundEndpoint {
  let document: Json | undefined;
  return {
    name: 'getOpenApi',
    spec: {
      method: 'GET',
      path: '/openapi.json',
      summary: 'This description',
      description: 'The OpenAPI 3.1 document of this API alone. It is the same for every caller.',
      permission: 'authenticated',
      bare: true,
      extension: true,
    },
    handle: () => {
      document ??= new Json(JSON.stringify(openApiOf(api)));
      return document;
    },
  };
}
