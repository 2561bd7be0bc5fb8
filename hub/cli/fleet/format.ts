import { type Static, type TSchema, Type } from 'typebox';
import { WorkflowParameters, WorkflowSteps } from '../../api/backend/config-schemas.js';
import {
  Cache,
  CallLimits,
  Name as ConnectName,
  HealthCheck,
  Metadata,
  RateLimits,
  SiteName,
} from '../../api/connect/schemas.js';
import { DeviceType, Hostname, Port, Name as SitedName, Tags } from '../../api/infrastructure/schemas.js';
import {
  Arguments,
  HttpUrl,
  NoAuth,
  OAuth2ClientId,
  OAuth2Grant,
  OAuth2Scopes,
  WebSocketUrl,
} from '../../api/shared/values.js';
import { ruleNames, severities } from '../../domain/alerts/rule.js';
import { databaseTypes } from '../../domain/databases/record.js';
import { webhookEventTypes } from '../../domain/events/types.js';

/** The version of the format, in each document's `apiVersion`. */
export const API_VERSION = 'roundhouse/v1';

/** A place outside the file that holds a value: a variable of the environment, or a file next to the fleet's file. */
const Reference = Type.Object(
  {
    fromEnv: Type.Optional(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$', description: 'Name of a variable' })),
    fromFile: Type.Optional(Type.String({ minLength: 1, description: 'Path, seen from the folder of this file' })),
  },
  { minProperties: 1, maxProperties: 1, description: 'Where the value is: {fromEnv: NAME} or {fromFile: PATH}' },
);
export type Reference = Static<typeof Reference>;

const Value = Type.Union([Type.String({ maxLength: 65_536 }), Reference]);
const Values = Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Value);
const optional = <T extends TSchema>(schema: T, fallback: unknown) => Type.Optional({ ...schema, default: fallback });
const Description = optional(Type.String({ maxLength: 1024 }), '');
const Site = Type.Optional({ ...SiteName, description: 'The site; needed if several sites can have it' });

const Group = Type.Object({
  description: Description,
  color: optional(Type.String({ pattern: '^#[0-9a-fA-F]{6}$' }), '#6366f1'),
  icon: optional(Type.String({ minLength: 1, maxLength: 64 }), 'server'),
  sortOrder: optional(Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }), 0),
});

const headers = Type.Optional(Values);
const Transport = Type.Union([
  Type.Object({
    type: Type.Literal('stdio'),
    command: Type.String({ minLength: 1, maxLength: 4096 }),
    args: Type.Optional(Arguments()),
    env: Type.Optional(Values),
  }),
  Type.Object({ type: Type.Literal('http'), url: HttpUrl, headers }),
  Type.Object({ type: Type.Literal('sse'), url: HttpUrl, headers }),
  Type.Object({
    type: Type.Literal('websocket'),
    url: WebSocketUrl,
    headers,
    reconnect: Type.Optional(
      Type.Object({
        enabled: Type.Optional(Type.Boolean()),
        maxAttempts: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
        initialDelayMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
        maxDelayMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
        backoffMultiplier: Type.Optional(Type.Number({ minimum: 1, maximum: 100 })),
      }),
    ),
    heartbeat: Type.Optional(
      Type.Object({
        enabled: Type.Optional(Type.Boolean()),
        intervalMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 3_600_000 })),
        timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 3_600_000 })),
      }),
    ),
  }),
]);
const Auth = Type.Union([
  NoAuth,
  Type.Object({
    type: Type.Literal('api_key'),
    key: Reference,
    header: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    prefix: Type.Optional(Type.String({ maxLength: 64 })),
  }),
  Type.Object({
    type: Type.Literal('oauth2'),
    grantType: Type.Optional(OAuth2Grant),
    clientId: Type.Optional(OAuth2ClientId),
    clientSecret: Type.Optional(Reference),
    privateKey: Type.Optional(Reference),
    tokenUrl: Type.Optional(HttpUrl),
    scopes: Type.Optional(OAuth2Scopes),
  }),
]);

/** A schema of an object with defaults for its members: each absent member has its default. */
function filled<T extends TSchema & { readonly properties: Readonly<Record<string, TSchema>> }>(
  schema: T,
  defaults: Readonly<Record<string, unknown>>,
) {
  const properties = Object.entries(schema.properties).map(([name, member]) => [
    name,
    name in defaults ? { ...member, default: defaults[name] } : member,
  ]);
  return optional({ ...schema, properties: Object.fromEntries(properties) }, defaults);
}

const Server = Type.Object({
  description: Description,
  site: Site,
  group: optional(Type.Union([ConnectName, Type.Null()]), null),
  enabled: optional(Type.Boolean(), true),
  connected: optional(Type.Boolean({ description: 'Whether the hub keeps it connected' }), true),
  transport: Transport,
  auth: optional(Auth, { type: 'none' }),
  healthCheck: filled(HealthCheck, { enabled: true, intervalMs: 30_000, timeoutMs: 5000 }),
  rateLimits: filled(RateLimits, { requestsPerMinute: null, requestsPerDay: null }),
  limits: filled(CallLimits, {
    maxConcurrentCalls: 256,
    maxQueue: 1024,
    maxResultBytes: 33_554_432,
    callsPerSecond: null,
  }),
  cache: optional(Cache, null),
  metadata: filled(Metadata, { category: null, tags: [], version: null, metricsPath: null }),
});

const Cluster = Type.Object({
  description: Description,
  site: Site,
  kubeconfig: Type.Optional(Reference),
  context: Type.Optional(Type.String({ maxLength: 256, description: 'Of the kubeconfig; default: its own' })),
  address: Type.Optional(Type.String({ minLength: 1, maxLength: 2048, description: 'Of the API server' })),
  token: Type.Optional(Reference),
  caCert: Type.Optional(Value),
  clientCert: Type.Optional(Value),
  clientKey: Type.Optional(Reference),
  tlsServerName: Type.Optional(Type.String({ maxLength: 253 })),
  agent: Type.Optional(Type.Enum(['in_cluster', 'kubeconfig'] as const, { description: "The agent's own access" })),
  insecureSkipTlsVerify: optional(Type.Boolean(), false),
  timeout: optional(Type.Number({ minimum: 0, maximum: 300, description: 'Seconds; 0: 30' }), 0),
});

const HostKey = Type.String({
  pattern: '^SHA256:[A-Za-z0-9+/]{43}$',
  description: 'Fingerprint of the host key; absent: the hub pins the first key that it sees',
});
const login = {
  username: Type.String({ minLength: 1, maxLength: 256 }),
  password: Type.Optional(Reference),
  sshKey: Type.Optional(Reference),
  passphrase: Type.Optional(Reference),
};
const DeviceJumpHost = Type.Object({
  host: Hostname,
  port: optional(Port, 22),
  ...login,
  knownHostKey: Type.Optional(HostKey),
});
const Device = Type.Object({
  type: DeviceType,
  host: Hostname,
  port: optional(Port, 22),
  site: Site,
  ...login,
  enablePassword: Type.Optional(Reference),
  timeout: optional(Type.Number({ minimum: 0, maximum: 600, description: 'Seconds; 0: 30' }), 0),
  keepalive: optional(Type.Number({ minimum: 0, maximum: 86_400, description: 'Seconds; 0: 30' }), 0),
  autoConnect: optional(Type.Boolean(), true),
  legacyAlgorithms: optional(Type.Boolean(), false),
  jumpHost: optional(Type.Union([DeviceJumpHost, Type.Null()]), null),
  knownHostKey: Type.Optional(HostKey),
  tags: optional(Tags, []),
});

const Database = Type.Object({
  type: Type.Enum(databaseTypes),
  host: Type.String({ minLength: 1, maxLength: 253 }),
  port: Port,
  database: optional(Type.String({ maxLength: 256 }), ''),
  username: optional(Type.String({ maxLength: 256 }), ''),
  password: Reference,
  site: optional(Type.Union([SiteName, Type.Null()]), null),
});

const Workflow = Type.Object({
  description: optional(Type.String({ maxLength: 1024 }), ''),
  parameters: optional(WorkflowParameters, {}),
  steps: WorkflowSteps,
});

const Webhook = Type.Object({
  url: HttpUrl,
  events: Type.Array(Type.Enum(webhookEventTypes), { minItems: 1, maxItems: 64 }),
  enabled: optional(Type.Boolean(), true),
  secret: Reference,
});

const orNull = (least: number, most: number) =>
  Type.Optional(Type.Union([Type.Integer({ minimum: least, maximum: most }), Type.Null()]));
const AlertRule = Type.Object({
  enabled: Type.Optional(Type.Boolean()),
  severity: Type.Optional(Type.Enum(severities)),
  threshold: Type.Optional(Type.Number()),
  clearThreshold: Type.Optional(Type.Number()),
  windowSeconds: orNull(10, 86_400),
  minimumCalls: orNull(1, 500),
});

const Patterns = Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { maxItems: 10_000 });
const PolicySection = Type.Optional(
  Type.Union([Patterns, Type.Object({ allow: Type.Optional(Patterns), deny: Type.Optional(Patterns) })], {
    description: 'Patterns; a plain list stands for `allow`',
  }),
);
const Policy = Type.Object(
  {
    read_only: Type.Optional(Type.Boolean()),
    commands: PolicySection,
    environment: PolicySection,
    urls: PolicySection,
    images: PolicySection,
    namespaces: PolicySection,
    device_commands: PolicySection,
  },
  {
    description:
      "The policy that the site's agents should have. Only the site changes it: `roundhouse plan` shows differences",
  },
);
const SiteEntry = Type.Object({ policy: Policy });

/** The schema of a record, by section. */
export const entries = {
  sites: SiteEntry,
  groups: Group,
  databases: Database,
  clusters: Cluster,
  devices: Device,
  servers: Server,
  workflows: Workflow,
  webhooks: Webhook,
  alertRules: AlertRule,
} as const;
export type Section = keyof typeof entries;
export const sections = Object.keys(entries) as Section[];

export type SiteEntry = Static<typeof SiteEntry>;
export type GroupEntry = Static<typeof Group>;
export type DatabaseEntry = Static<typeof Database>;
export type ClusterEntry = Static<typeof Cluster>;
export type DeviceEntry = Static<typeof Device>;
export type ServerEntry = Static<typeof Server>;
export type WorkflowEntry = Static<typeof Workflow>;
export type WebhookEntry = Static<typeof Webhook>;
export type AlertRuleEntry = Static<typeof AlertRule>;

/** The pattern of the names of a section's records. The hub checks the names of the sections that are missing here. */
export const names: Readonly<Partial<Record<Section, TSchema>>> = {
  sites: SiteName,
  groups: ConnectName,
  servers: ConnectName,
  clusters: SitedName,
  devices: SitedName,
  alertRules: Type.Enum(ruleNames),
};
