import { Type } from 'typebox';
import type { Caller, Door } from '../domain/access/caller.js';
import { type BoundEndpoint, bind, endpoint, RawReply, type Requirement, StreamReply, TextReply } from './endpoint.js';

/** Series as text, in pieces. */
export interface MetricsText {
  readonly contentType: string;
  readonly pieces: AsyncIterable<string>;
}

/** Targets of Prometheus' service discovery over HTTP. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The metrics for the endpoint of every document, and for two further endpoints that Prometheus uses. The caller is `null` where metrics are public. */
export interface Metrics {
  /** The permission that reading them needs; `public` for none. */
  readonly permission: Requirement;
  /**
   * All series that the caller may see.
   * @param accept the request's header
   * @param part only of the agents of a site, or only of the hub
   */
  read(
    caller: Caller | null,
    accept: string,
    part: { readonly site?: string; readonly hub_only?: boolean },
  ): Promise<MetricsText>;
  /** The series that the selectors choose. `problem`: why a text is no selector, in Prometheus' words. */
  federate(
    caller: Caller | null,
    accept: string,
    selectors: readonly string[],
  ): Promise<MetricsText | { readonly problem: string }>;
  /**
   * The hub and its sites; or the MCP servers that have metrics of their own, at their own addresses: none for a client without a credential.
   * @param host of the request
   */
  targets(caller: Caller | null, host: string, servers?: boolean): readonly TargetGroup[];
}

/** The path of the metrics in each API's document. */
const metricsPaths: Readonly<Partial<Record<Door, string>>> = {
  automation: '/api/v1/metrics',
  connect: '/metrics',
  backend: '/api/v1/metrics',
};

/** OpenMetrics is for clients that ask for it. */
const formats = ['text/plain; version=0.0.4; charset=utf-8'] as const;

const Target = Type.Object(
  { targets: Type.Array(Type.String()), labels: Type.Record(Type.String(), Type.String()) },
  { title: 'TargetGroup' },
);

const PLAIN = 'text/plain; charset=utf-8';

/** The endpoints of an API that show metrics; none if its document has none. */
export function metricsEndpoints(name: Door, metrics: Metrics): BoundEndpoint[] {
  const path = metricsPaths[name];
  if (path === undefined) return [];
  const { permission } = metrics;
  const getMetrics = {
    method: 'GET',
    path,
    summary: 'Metrics in Prometheus format',
    description:
      'The text has the figures of the hub and of its agents, servers, devices, clusters and jobs. A key with grants sees the series of its sites, servers and tools only. The setting `ROUNDHOUSE_METRICS_PUBLIC` makes it readable without a credential. A client that accepts `application/openmetrics-text` gets OpenMetrics.',
    permission,
    headers: ['accept'],
    produces: formats,
  } as const;
  if (name !== 'connect')
    return bind(
      { getMetrics: endpoint(getMetrics) },
      {
        getMetrics: async (_input, context) =>
          textReply(await metrics.read(context.origin.caller, context.header('accept'), {})),
      },
    );
  const table = {
    getMetrics: endpoint({
      ...getMetrics,
      query: Type.Object({
        site: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'Only the series of the agents of this site' }),
        ),
        hub_only: Type.Optional(Type.Boolean({ description: 'Leave out the series of all agents' })),
      }),
    }),
    federate: endpoint({
      method: 'GET',
      path: '/federate',
      summary: 'Chosen series, for another Prometheus',
      description:
        'The answer is that of the endpoint `/federate` of Prometheus: each series that a selector chooses, with its time. A text that is no selector fails with status 400. A key with grants sees the series of its sites, servers and tools only.',
      permission,
      query: Type.Object({
        'match[]': Type.Optional(
          Type.Array(Type.String({ maxLength: 2048 }), {
            maxItems: 32,
            description: 'Selectors of Prometheus, such as `{site="berlin"}`. Without one, the answer is empty',
          }),
        ),
      }),
      headers: ['accept'],
      produces: formats,
      refusesAs: PLAIN,
      extension: true,
    }),
    discoverTargets: endpoint({
      method: 'GET',
      path: '/sd/prometheus',
      summary: 'Targets for Prometheus',
      description:
        "The answer is for Prometheus' `http_sd_configs`: the hub, and each site that the key's grants cover, as a target at `/metrics` of this hub. A new site is a new target.",
      permission,
      query: Type.Object({
        servers: Type.Optional(
          Type.Boolean({
            description:
              "Instead: the MCP servers with `metadata.metricsPath`, at their own addresses. Scrape them without the hub's key",
          }),
        ),
      }),
      headers: ['host'],
      bare: true,
      response: Type.Array(Target),
      extension: true,
    }),
  };
  return bind(table, {
    getMetrics: async ({ query }, context) =>
      textReply(await metrics.read(context.origin.caller, context.header('accept'), query)),
    federate: async ({ query }, context) => {
      const { caller } = context.origin;
      const found = await metrics.federate(caller, context.header('accept'), query['match[]'] ?? []);
      return 'problem' in found ? new RawReply(400, `${found.problem}\n`, {}, PLAIN) : textReply(found);
    },
    discoverTargets: ({ query }, context) => [
      ...metrics
        .targets(context.origin.caller, context.header('host'), query.servers)
        .map(({ targets, labels }) => ({ targets: [...targets], labels: { ...labels } })),
    ],
  });
}

/** A text of one piece is sent as a whole. A longer text is sent piece by piece, as it is made. */
async function textReply({ contentType, pieces }: MetricsText): Promise<TextReply | StreamReply> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const second = first.done ? first : await iterator.next();
  if (second.done) return new TextReply(contentType, first.done ? '' : first.value);
  return new StreamReply(
    contentType,
    (async function* () {
      yield Buffer.from(first.value);
      yield Buffer.from(second.value);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield Buffer.from(next.value);
    })(),
  );
}
