import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mostSamples } from '@roundhouse/proto/agent-metrics';
import { encodeJoinToken } from '@roundhouse/proto/join-token';
import type { Logger } from '@roundhouse/proto/log';
import { classOfAddress } from '@roundhouse/proto/net';
import type { Telemetry } from '@roundhouse/proto/telemetry';
import { wantsTelemetry } from '@roundhouse/proto/tracing';
import { automationDialect } from './api/automation/websocket.js';
import { TERMINALS_PATH, terminalDialect } from './api/infrastructure/terminals.js';
import { createMcpDoors } from './api/mcp/index.js';
import { stepOperations } from './api/mcp/operations/table.js';
import { defaultSessionSettings } from './api/mcp/rev2025-11-25/sessions.js';
import { portalDialect } from './api/portal/websocket.js';
import { createApis, describedApis } from './apis.js';
import type { Config } from './config.js';
import { consoleAsset, consolePage } from './console-files.js';
import { Documentation } from './docs/documentation.js';
import { authorize } from './domain/access/authorize.js';
import type { EnrollmentRules } from './domain/agents/fleet.js';
import type { RuleName } from './domain/alerts/rule.js';
import { POLICY_REFUSED } from './domain/audit/audit.js';
import type { SecretScope } from './domain/audit/known-secrets.js';
import { Redactor } from './domain/audit/redactor.js';
import { type ClusterSettings, defaultClusterSettings } from './domain/clusters/clusters.js';
import { createDomain, type Domain } from './domain/domain.js';
import { makeFirstCredentials, registerDemoServer } from './domain/first-start.js';
import { defaultJobSettings } from './domain/jobs/kind.js';
import { defaultClientSettings } from './domain/mcp/clients/clients.js';
import type { ResolveHost } from './domain/net/url-guard.js';
import { IssuerCallers } from './domain/people/sign-in/issuer-callers.js';
import { officialRegistry, registryAddress } from './domain/registry/queries.js';
import { callbackAt } from './domain/servers/spec.js';
import type { DomainSettings } from './domain/settings.js';
import type { Store } from './domain/store.js';
import { defaultUpdateSettings } from './domain/updates/kinds.js';
import { type DeliverySettings, defaultDeliverySettings } from './domain/webhooks/deliverer.js';
import { type RunningFleet, startFleet } from './fleet/server.js';
import type { FleetSettings } from './fleet/settings.js';
import { HubFolders } from './host/folders.js';
import { checkFree } from './host/free-port.js';
import type { LogFiles } from './host/log-files.js';
import { HubUsage, hubCertificates, namesInCertificate } from './host/measurements.js';
import { shippedWorkflows, version } from './host/package.js';
import { TrustedProxies } from './http/access/address.js';
import { Limits } from './http/access/limits.js';
import { type FindFile, PublicFiles, redirect } from './http/answer/files.js';
import { SessionCookies } from './http/request/session-cookies.js';
import { createHttpServer } from './http/server.js';
import { WebSockets } from './http/websocket/server.js';
import { Installer } from './install/installer.js';
import { createMetrics } from './metrics/metrics.js';
import { CodeFlow } from './outbound/code-flow.js';
import { OidcIssuer } from './outbound/issuer.js';
import { createOutbound } from './outbound/outbound.js';
import { registryAsker } from './outbound/registry-asker.js';
import { openStore } from './store/open.js';
import { hashPassword, verifyPassword } from './store/passwords.js';

/** The default of `graceMs`. */
const GRACE_MS = 10_000;

export interface RunningHub {
  /** The address of HTTP. */
  readonly http: { readonly host: string; readonly port: number };
  /** The address for agents. */
  readonly agents: { readonly host: string; readonly port: number };
  readonly domain: Domain;
  /** Opens a stream of an agent in this process. */
  readonly openLocal: RunningFleet['openLocal'];
  /** Stops the hub: refuses new requests, lets running requests end within the limit, and closes the store. */
  close(): Promise<void>;
}

/** Parts of a hub that are no settings. Absent parts have their defaults. */
export interface HubParts {
  /** When webhook deliveries are tried again, and how many at once. */
  readonly deliveries?: Partial<DeliverySettings>;
  /** How long the hub waits for clusters. */
  readonly clusters?: ClusterSettings;
  /** How the hosts of webhooks are looked up. */
  readonly resolve?: ResolveHost;
  /** The files of the hub's own log. They are opened once the data folder belongs to this hub, and closed with it. */
  readonly logFiles?: LogFiles;
  /** How long requests and commands may go on after the hub was told to stop, milliseconds. */
  readonly graceMs?: number;
  readonly fleet?: Partial<FleetSettings>;
  /** Ends the start of a hub that waits for its turn among several. */
  readonly signal?: AbortSignal;
  /** Another hub has taken the place of this one: the process has to end. */
  readonly onLost?: (reason: Error) => void;
  /** Alert rules that are off until an operator turns them on. */
  readonly mutedRules?: readonly RuleName[];
}

/**
 * The composition root: joins store, domain, fleet and APIs, and starts serving.
 *
 * @param redactor learns every secret. The log may share it, since the log exists before the secrets are known
 */
export async function startHub(
  config: Config,
  log: Logger,
  redactor = new Redactor(),
  parts: HubParts = {},
): Promise<RunningHub> {
  const { graceMs = GRACE_MS } = parts;
  const onSecret = (plain: string, scope?: SecretScope) => redactor.learn(plain, scope);
  await checkFree(config.listen, '');
  await checkFree(config.agentListen, ' for agents');
  const { store, close: closeStore } = await openStoreOf(config, log, onSecret, parts);
  let fleet: RunningFleet | undefined;
  const theFleet = (): RunningFleet => {
    if (!fleet) throw new Error('the fleet is not started yet');
    return fleet;
  };
  let telemetry: Telemetry | undefined;
  let metrics: ReturnType<typeof createMetrics> | undefined;
  let listening: RunningHub['http'] | undefined;
  const listens = () => [...(listening ? [listening] : []), ...(fleet ? [fleet.address] : [])];
  try {
    await parts.logFiles?.open((err) =>
      log.error({ event: 'log_file.failed', err }, "the hub's own log is not kept any more"),
    );
    const resource = () => `${config.publicUrl ?? addressOf(config, listening)}/mcp`;
    const passwords = { hash: hashPassword, verify: verifyPassword };
    const { env } = process;
    if (wantsTelemetry(env)) {
      const { startTelemetry } = await import('@roundhouse/proto/telemetry');
      telemetry = startTelemetry({
        ...{ service: 'roundhouse-hub', version, env },
        clean: (text) => redactor.text(text),
        metrics: async () => (await metrics?.all()) ?? [],
        onError: (reason) => log.warn({ event: 'telemetry.not_sent', reason }, 'spans or metrics could not be sent'),
      });
    }
    const domain: Domain = await createDomain({
      tracer: telemetry?.tracer,
      store,
      passwords,
      backups: store,
      folders: new HubFolders(config.data, log),
      ownUsage: new HubUsage(config.data),
      certificates: () => hubCertificates(config, fleet),
      workflows: shippedWorkflows(),
      fleet: theFleet,
      version,
      redactor,
      issuerCallers: issuerCallers(config, resource, log),
      codeSignIn: codeSignIn(config, log),
      callback: () => callbackAt(config.publicUrl ?? addressOf(config, listening)),
      ownLog: parts.logFiles,
      outbound: createOutbound({
        allowPrivate: config.webhookPrivate ?? isLoopback(config.listen.host),
        own: () => ({ listens: listens(), publicUrl: config.publicUrl }),
        version,
        resolve: parts.resolve,
      }),
      askRegistry: registryAsker(registryAddress(config.registry ?? '') ?? officialRegistry, version),
      stepOperations: stepOperations(
        () => domain,
        () => limits,
      ),
      settings: domainSettings(config, parts),
      onError: (err) => log.error({ event: 'background.failed', err }, 'work in the background failed'),
      onRemark: ({ id: server }, remark) => log.warn({ event: 'server.remark', server }, remark),
    });
    fleet = await startFleet({
      listen: config.agentListen,
      dataDir: config.data,
      enrollment: config.demo ? enrollingWithDemo(store, domain) : domain.agents,
      events: fleetEvents(domain, log),
      log: log.child({ part: 'fleet' }),
      version,
      ...(parts.fleet ? { settings: parts.fleet } : {}),
    });
    const { caCertificate, address } = fleet;
    const dialAt = config.agentListen.host === '0.0.0.0' ? undefined : `${address.host}:${address.port}`;
    const encode = (token: string, site: string) => encodeJoinToken({ token, site, hub: dialAt, ca: caCertificate });
    await firstStart(config, domain);
    metrics = createMetrics({
      domain,
      link: () => theFleet().stats(),
      version,
      public: config.metricsPublic,
      address: (host) => addressFor(host, config, listening),
    });
    const origins = originRules(config);
    const sessions = { idleMs: Math.max(defaultSessionSettings.idleMs, config.mcpAway * 1000) };
    const held = { answerMs: config.mcpAnswer * 1000 };
    const limits = new Limits({
      scale: config.rateLimitScale,
      custom: (caller) => domain.identity.limits(caller),
      dayCounts: domain.dayCounts,
    });
    const webSockets = createWebSockets(config, domain, limits, log);
    const doors = createMcpDoors(domain, { limits, origins, version, sessions, held }, authorization(config, resource));
    const documentation = new Documentation(describedApis);
    const cookies = new SessionCookies(config.publicUrl);
    const installer = new Installer({
      publicUrl: config.publicUrl,
      tls: Boolean(config.tlsCert),
      agentPort: () => address.port,
    });
    const http = createHttpServer({
      extend: (routes) => {
        webSockets.mount(routes, ['/ws', '/automation/ws', '/portal/ws', TERMINALS_PATH]);
        const files = new PublicFiles(routes, limits, new TrustedProxies(config.trustedProxies));
        files.serve(
          '/install/:name',
          logged(log, (request) => installer.file(request)),
        );
        files.serve(
          '/',
          logged(log, async (request) => documentation.home(request)),
        );
        files.serve(
          '/docs',
          logged(log, (request) => documentation.file(request)),
        );
        files.serve('/docs/', async () => redirect('../docs'));
        files.serve(
          '/docs/:name',
          logged(log, (request) => documentation.file(request)),
        );
        files.serve('/console', async () => redirect('console/'));
        files.serve('/console/', logged(log, consolePage));
        files.serve('/console/:name', logged(log, consoleAsset));
      },
      apis: createApis(domain, encode, doors, cookies),
      authenticate: domain.identity,
      browsers: { cookies, verify: (cookie) => domain.browserSessions.verify(cookie) },
      authorize,
      audit: domain.audit,
      health: () => domain.health.report(),
      tracer: telemetry?.tracer,
      metrics,
      observe: metrics.observe,
      limits,
      settings: {
        trustedProxies: config.trustedProxies,
        corsOrigins: config.corsOrigins,
        bodyLimitBytes: config.bodyLimit,
        tls: config.tlsCert && config.tlsKey ? { cert: config.tlsCert, key: config.tlsKey } : undefined,
      },
      log: log.child({ part: 'http' }),
    });
    listening = await http.listen(config.listen);
    // The command line sends `first-key` to these addresses only.
    await writeFile(join(config.data, 'address'), `${addressesOf(config, listening).join('\n')}\n`, { mode: 0o600 });
    await domain.start();
    log.info({ event: 'hub.ready', http: listening, agents: address, version }, 'hub is ready');
    return {
      http: listening,
      agents: address,
      domain,
      openLocal: fleet.openLocal,
      close: async () => {
        await domain.stop({
          closeApis: async () => {
            webSockets.close();
            doors.endStreams();
            await http.close({ graceMs });
            doors.close();
            limits.close();
          },
          closeFleet: () => theFleet().close({ graceMs }),
        });
        await telemetry?.close();
        await closeStore();
        await parts.logFiles?.close();
      },
    };
  } catch (error) {
    await fleet?.close({ graceMs: 0 });
    await telemetry?.close();
    await closeStore();
    await parts.logFiles?.close();
    throw error;
  }
}

/** The store of a single hub, or of the active one of several hubs. */
async function openStoreOf(
  config: Config,
  log: Logger,
  onSecret: (plain: string, scope?: SecretScope) => void,
  parts: HubParts,
) {
  if (config.cluster === undefined) {
    const store = await openStore({ dir: config.data, sealingKeyFile: config.sealingKeyFile, log, onSecret });
    return { store, close: () => store.close() };
  }
  const { becomeActive } = await import('./membership.js');
  const { signal = new AbortController().signal, onLost = () => {} } = parts;
  return becomeActive(config, log, { database: config.cluster, onSecret, onLost, signal });
}

/** Finds a file; `undefined` if the hub cannot make it. Clients may ask often, so equal failures in succession are logged once. */
function logged(log: Logger, find: FindFile): FindFile {
  let last = '';
  return async (request) => {
    try {
      return await find(request);
    } catch (err) {
      if (String(err) !== last)
        log.error({ event: 'download.failed', err, file: request.name }, 'a file for download could not be made');
      last = String(err);
      return undefined;
    }
  };
}

function createWebSockets(config: Config, domain: Domain, limits: Limits, log: Logger): WebSockets {
  return new WebSockets({
    dialect: automationDialect(domain),
    others: { portal: portalDialect(domain) },
    at: { [TERMINALS_PATH]: terminalDialect(domain) },
    authenticate: domain.identity,
    authorize,
    origins: originRules(config),
    trustedProxies: config.trustedProxies,
    limits,
    log: log.child({ part: 'websocket' }),
  });
}

function originRules({ listen, publicUrl, corsOrigins }: Config) {
  return { listenHost: listen.host, publicUrl, corsOrigins };
}

/** The addresses of the hub: the address on which it listens, its public URL, and the names in its certificate. */
function addressesOf(config: Config, listening: RunningHub['http']): string[] {
  const { publicUrl, tlsCert } = config;
  const names = tlsCert === undefined ? [] : namesInCertificate(tlsCert);
  const own = names.map((name) => `https://${name}:${listening.port}`);
  return [addressOf(config, listening), ...(publicUrl === undefined ? [] : [publicUrl]), ...own];
}

/** The address for a client whose request names this host. */
function addressFor(host: string, config: Config, listening: RunningHub['http'] | undefined): string {
  const asked = `${config.tlsCert ? 'https' : 'http'}://${host}`;
  const isHost = /^[\w.:[\]-]+$/.test(host) && URL.canParse(asked);
  return config.publicUrl ?? (isHost ? asked : addressOf(config, listening));
}

/** The hub's address, if the settings name none. */
function addressOf({ tlsCert }: Config, listening: RunningHub['http'] | undefined): string {
  const { host, port } = listening ?? { host: '127.0.0.1', port: 0 };
  return `${tlsCert ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function issuerCallers(config: Config, audience: () => string, log: Logger): IssuerCallers | undefined {
  const { oidcIssuer: url, oidcRoleClaim: roleClaim, oidcDefaultRole: defaultRole, oidcScopes: scopes } = config;
  if (url === undefined) return undefined;
  const onRefused = (reason: string) =>
    log.debug({ event: 'access_token.refused', reason }, 'an access token was refused');
  return new IssuerCallers(new OidcIssuer({ url, audience, onRefused }), { roleClaim, defaultRole, scopes });
}

/** The sign-in of the portal. It needs an issuer, and the hub's client at the issuer. */
function codeSignIn(config: Config, log: Logger) {
  const { oidcIssuer: url, oidcClientId: clientId, oidcClientSecret: clientSecret, oidcRoleClaim: roleClaim } = config;
  const rules = { redirectUris: config.oidcRedirectUris, defaultRole: config.portalDefaultRole };
  if (url === undefined || clientId === undefined)
    return { ...rules, missing: url === undefined ? 'ROUNDHOUSE_OIDC_ISSUER' : 'ROUNDHOUSE_OIDC_CLIENT_ID' };
  const onRefused = (reason: string) =>
    log.info({ event: 'sign_in.failed', reason }, 'a sign-in at the identity provider failed');
  return { ...rules, provider: new CodeFlow({ url, clientId, clientSecret, roleClaim, onRefused }) };
}

function authorization({ oidcIssuer: issuer, oidcScopes: scopes }: Config, resource: () => string) {
  return issuer === undefined ? undefined : { issuer, scopes, resource };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || classOfAddress(host) === 'loopback';
}

function domainSettings(
  config: Config,
  { deliveries, clusters = defaultClusterSettings, mutedRules = [] }: HubParts,
): Partial<DomainSettings> {
  return {
    environment: config.environment,
    rateLimitScale: config.rateLimitScale,
    cache: { maxBytes: config.cacheBytes, maxEntries: 10_000 },
    breaker: { failures: config.breakerFailures, cooldownMs: config.breakerCooldown * 1000 },
    mcp: { ...defaultClientSettings, awayMs: config.mcpAway * 1000 },
    events: { maxAgeMs: config.eventHours * 3_600_000, maxEvents: config.eventCount, maxBytes: config.eventBytes },
    deliveries: { ...defaultDeliverySettings, ...deliveries },
    jobs: {
      ...defaultJobSettings,
      maxWorkers: config.jobWorkers,
      queueSize: config.jobQueue,
      perSite: config.jobsPerSite,
      timeoutMs: config.jobTimeout * 1000,
      keptRuns: { keepMs: config.runDays * 86_400_000, keepCount: config.runCount },
      keptJobs: { keepMs: config.jobDays * 86_400_000, keepCount: config.jobCount },
    },
    updates: { ...defaultUpdateSettings, maxConcurrent: config.maxConcurrentUpdates },
    audit: { maxAgeMs: config.auditDays * 86_400_000, maxEntries: config.auditEntries },
    clusters,
    imageRegistries: config.imageRegistries,
    mutedRules,
  };
}

/** The first agent that enrols gets the demo server. The server is registered before the agent is visible. */
function enrollingWithDemo(store: Store, { agents, servers }: Domain): EnrollmentRules {
  return {
    checkToken: (token) => agents.checkToken(token),
    async redeem(token, agent) {
      const enrolled = await agents.redeem(token, agent);
      await registerDemoServer(store, servers, enrolled.site);
      return enrolled;
    },
    issued: (agentId, certificate) => agents.issued(agentId, certificate),
    identify: (agentId) => agents.identify(agentId),
  };
}

function fleetEvents(
  { lifecycle, network, kubernetes, policyRefusals, registry, usageWatch, mcp, fleetSeries }: Domain,
  log: Logger,
) {
  const agentLog = log.child({ part: 'agent' });
  return {
    onConnect: (agent) => {
      usageWatch.came();
      mcp.clients.onAgent(agent);
      kubernetes.watch.onAgent(agent);
      return lifecycle.onConnect(agent);
    },
    onDevices: (agent) => network.lifecycle.onDevices(agent),
    onLeftOut: (agent, { servers, devices }, reason) => {
      lifecycle.onLeftOut(agent, servers, reason);
      network.lifecycle.onLeftOut(agent, devices, reason);
    },
    onDisconnect: (agent, reason) => {
      fleetSeries.forget(agent.id);
      lifecycle.onDisconnect(agent, reason);
      network.lifecycle.onDisconnect(agent, reason);
      kubernetes.watch.onDisconnect(agent, reason);
    },
    onDeviceReport: (agent, report) => network.lifecycle.onDeviceReport(agent, report),
    onReport: (agent, report) => lifecycle.onReport(agent, report),
    onMetrics: (agent, report) => {
      if (!fleetSeries.report(agent, report)) return;
      const { id, name, site } = agent;
      log.warn(
        { event: 'agent.series_left_out', agent: id, name, site, most: mostSamples },
        'the agent has too many series: the rest is left out',
      );
    },
    onNotice: (agent, notice) => mcp.clients.onNotice(agent, notice),
    onAsk: (agent, ask) => mcp.clients.onAsk(agent, ask),
    onPrivateEnded: (agent, ended) => mcp.clients.onPrivateEnded(agent, ended),
    onLog: (agent, { level, serverId, message, topic }) => {
      const { id, name, site } = agent;
      const isOwn = registry.byId(serverId)?.agentId === id;
      const facts = { agent: id, name, site, level, topic, ...(isOwn ? { serverId } : {}) };
      agentLog.info({ event: 'agent.told', ...facts }, message);
      if (topic === POLICY_REFUSED) policyRefusals.notice({ agentId: agent.id, serverId, reason: message });
    },
  } satisfies Parameters<typeof startFleet>[0]['events'];
}

/** Makes the first credentials, and shows them once. */
async function firstStart(config: Config, domain: Domain): Promise<void> {
  const first = await makeFirstCredentials(domain.users, domain.keys, config);
  if (!first) return;
  await writeFile(join(config.data, 'first-key'), `${first.apiKey}\n`, { mode: 0o600 });
  if (first.madePassword)
    process.stdout.write(`First sign-in, shown only now: user ${first.username}, password ${first.password}\n`);
}
