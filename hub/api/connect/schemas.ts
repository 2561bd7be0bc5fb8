import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import { invalid } from '../../domain/errors.js';
import { momentOf } from '../../domain/moments.js';
import {
  ApiKeyAuth,
  Arguments,
  EnvValues,
  HeaderValues,
  HttpUrl,
  NoAuth,
  OAuth2ClientId,
  OAuth2Grant,
  OAuth2Scopes,
  Secret,
  WebSocketUrl,
} from '../shared/values.js';

/** Pieces of `seeds/003` that several endpoints share. */

export const Name = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form('no blank first or last, and no line breaks', '^\\S(.*\\S)?$'),
});
export const SiteName = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
});

export const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' }) });

/** The server whose tool is meant. */
export const ServerChoice = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: 'Id or name; needed where several servers have the tool' }),
);

const Delay = (maximum: number) => Type.Integer({ minimum: 1, maximum });

const StdioTransport = Type.Object(
  {
    type: Type.Literal('stdio'),
    command: Type.String({ minLength: 1, maxLength: 4096, ...form('any but NUL', '^[^\\u0000]+$') }),
    args: Type.Optional(Arguments()),
    env: Type.Optional(EnvValues()),
  },
  { title: 'StdioTransport' },
);
const SseTransport = Type.Object(
  {
    type: Type.Literal('sse'),
    url: HttpUrl,
    headers: Type.Optional(HeaderValues),
  },
  { title: 'SseTransport' },
);
const HttpTransport = Type.Object(
  {
    type: Type.Literal('http'),
    url: HttpUrl,
    headers: Type.Optional(HeaderValues),
  },
  { title: 'HttpTransport' },
);
const WebSocketTransport = Type.Object(
  {
    type: Type.Literal('websocket'),
    url: WebSocketUrl,
    headers: Type.Optional(HeaderValues),
    reconnect: Type.Optional(
      Type.Object({
        enabled: Type.Boolean({ default: true }),
        maxAttempts: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 10 }),
        initialDelayMs: Type.Integer({ minimum: 1, maximum: 3_600_000, default: 1000 }),
        maxDelayMs: Type.Integer({ minimum: 1, maximum: 3_600_000, default: 30_000 }),
        backoffMultiplier: Type.Number({ minimum: 1, maximum: 100, default: 2 }),
      }),
    ),
    heartbeat: Type.Optional(
      Type.Object({
        enabled: Type.Boolean({ default: true }),
        intervalMs: Type.Integer({ minimum: 100, maximum: 3_600_000, default: 30_000 }),
        timeoutMs: Type.Integer({ minimum: 100, maximum: 3_600_000, default: 10_000 }),
      }),
    ),
  },
  { title: 'WebSocketTransport' },
);

export const Transport = Type.Union([StdioTransport, SseTransport, HttpTransport, WebSocketTransport], {
  title: 'Transport',
});

export const Auth = Type.Union(
  [
    NoAuth,
    ApiKeyAuth,
    Type.Object(
      {
        type: Type.Literal('oauth2'),
        /** Extension: a person consents at the server's `runtime.authorizationUrl`. */
        grantType: Type.Optional(OAuth2Grant),
        /** Not needed with `authorization_code` if the agent can register itself. */
        clientId: Type.Optional(OAuth2ClientId),
        clientSecret: Type.Optional(Secret),
        /** Extension: a private key (PEM) in place of the secret, for signed assertions (RFC 7523). */
        privateKey: Type.Optional(Secret),
        /** If absent, the agent finds it by the server's metadata (RFC 9728). */
        tokenUrl: Type.Optional(HttpUrl),
        scopes: Type.Optional(OAuth2Scopes),
      },
      { title: 'OAuth2Auth' },
    ),
  ],
  { title: 'Auth' },
);

export const HealthCheck = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    intervalMs: Type.Optional(Type.Integer({ minimum: 1000, maximum: 86_400_000 })),
    timeoutMs: Type.Optional(Delay(600_000)),
  },
  { title: 'HealthCheck' },
);

const PositiveOrNull = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]);
export const RateLimits = Type.Object(
  {
    requestsPerMinute: Type.Optional(PositiveOrNull),
    requestsPerDay: Type.Optional(PositiveOrNull),
  },
  { title: 'RateLimits' },
);

/**
 * Extension: how many calls a server may get at a time. Calls beyond it wait in the queue; if that is full, they get 503 with
 * `Retry-After`.
 */
export const CallLimits = Type.Object(
  {
    maxConcurrentCalls: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    maxQueue: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    maxResultBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 67_108_864 })),
    callsPerSecond: Type.Optional(Type.Union([Type.Number({ minimum: 0.01, maximum: 1_000_000 }), Type.Null()])),
  },
  { title: 'CallLimits' },
);

/** Extension: the tools whose answers the hub may cache, and for how long. */
export const Cache = Type.Union([
  Type.Object(
    {
      tools: Type.Record(
        Type.String({ minLength: 1, maxLength: 256 }),
        Type.Object({ ttlSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }) }),
        { maxProperties: 1000 },
      ),
    },
    { title: 'Cache' },
  ),
  Type.Null(),
]);

const TextOrNull = Type.Union([Type.String({ maxLength: 64 }), Type.Null()]);
export const Metadata = Type.Object(
  {
    category: Type.Optional(TextOrNull),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64, ...form('any but a comma', '^[^,]+$') }), { maxItems: 64 }),
    ),
    version: Type.Optional(TextOrNull),
    metricsPath: Type.Optional(
      Type.Union([Type.String({ ...form("a path such as '/metrics'", '^/[!-~]*$'), maxLength: 1024 }), Type.Null()], {
        description:
          'Extension: where the server itself has metrics for Prometheus, at the host of its URL; `/sd/prometheus?servers=true` lists it',
      }),
    ),
  },
  { title: 'ServerMetadata' },
);

/** A day (`2024-01-15`, UTC) or a moment (`2024-01-15T10:30:00Z`; without an offset UTC). */
const ISO = '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})?)?$';
const Moment = (description: string) =>
  Type.Optional(
    Type.String({
      ...form('must be a day or a time, such as 2026-01-31 or 2026-01-31T03:00:00Z', ISO),
      maxLength: 40,
      description,
    }),
  );

/** The query parameters `from` and `to`, both inclusive. */
export const timeRangeFields = {
  from: Moment('Start: an ISO 8601 date or time, inclusive'),
  to: Moment('End: an ISO 8601 date or time, inclusive'),
};

/**
 * The values of {@link timeRangeFields}, as milliseconds since 1970: `from` inclusive, `to` exclusive.
 * @throws DomainError `invalid_input` for a day or time that does not exist.
 */
export function timeRange(query: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const from = query.from === undefined ? undefined : momentOf('from', query.from).from;
  const to = query.to === undefined ? undefined : momentOf('to', query.to).until;
  if (from !== undefined && to !== undefined && from >= to) throw invalid('to', 'must not lie before from');
  return { from, to };
}
