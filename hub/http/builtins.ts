import { Type } from 'typebox';
import type { Door } from '../domain/access/caller.js';
import { StatusReply } from './answer/answer.js';
import type { Api } from './api.js';
import { type BoundEndpoint, type EndpointSpec, Json, type Requirement, TextReply } from './endpoint.js';
import { openApiOf } from './openapi/openapi.js';

/** One answer that satisfies the health endpoint of every document. */
export type ReportHealth = () => { readonly status: 'healthy' | 'unhealthy' };

/** One answer that satisfies the metrics endpoint of every document. */
export interface Metrics {
  /** In Prometheus' text form. */
  render(): string | Promise<string>;
  readonly contentType: string;
  /** The permission that reading them needs; `public` for none. */
  readonly permission: Requirement;
}

/** Where the documents have them. */
const healthPaths: Readonly<Partial<Record<Door, string>>> = {
  automation: '/api/v1/health',
  portal: '/api/v1/health',
  connect: '/health',
  backend: '/api/v1/health',
};
const metricsPaths: Readonly<Partial<Record<Door, string>>> = {
  automation: '/api/v1/metrics',
  connect: '/metrics',
  backend: '/api/v1/metrics',
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
  const add = (name: string, spec: Omit<EndpointSpec, 'method'>, handle: () => unknown) => {
    const isThere = api.endpoints.some((other) => other.spec.method === 'GET' && other.spec.path === spec.path);
    if (!isThere) added.push({ name, spec: { method: 'GET', ...spec }, handle });
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
  const metricsPath = metricsPaths[api.name];
  if (metrics && metricsPath !== undefined) {
    const { permission, contentType } = metrics;
    const spec = {
      path: metricsPath,
      summary: 'Metrics in Prometheus format',
      description:
        'The text has the figures of the hub and of its agents, servers, devices, clusters and jobs. The setting `ROUNDHOUSE_METRICS_PUBLIC` makes it readable without a credential.',
      permission,
      produces: [contentType],
    };
    add('getMetrics', spec, async () => new TextReply(contentType, await metrics.render()));
  }
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
