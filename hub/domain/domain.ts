import type { Tracer } from '@roundhouse/proto/tracing';
import type { Role } from './access/caller.js';
import { Agents } from './agents/agents.js';
import type { Fleet } from './agents/fleet.js';
import { GuardedStreams } from './agents/guarded-streams.js';
import { JoinTokens } from './agents/join-tokens.js';
import { RedactingFleet } from './agents/redacting-fleet.js';
import { PolicyRefusals } from './agents/refusals.js';
import { FleetSeries } from './agents/series.js';
import { Alerts, AlertWatch } from './alerts/alerts.js';
import { Measurements, type OwnCertificate } from './alerts/measurements.js';
import { AlertRules } from './alerts/rule.js';
import { type OwnUsage, UsageWatch } from './alerts/usage.js';
import { AuditLog, auditTrimmer } from './audit/log.js';
import { Redactor, redactorOf } from './audit/redactor.js';
import { type BackupSource, Backups } from './backups.js';
import { Breakers } from './breakers/breakers.js';
import { CacheControl, ResponseCache } from './cache/response-cache.js';
import { createCatalog } from './catalog/parts.js';
import { Cleanup } from './cleanup/cleanup.js';
import { type Folders, Places } from './cleanup/storage.js';
import { createKubernetes } from './clusters/parts.js';
import { clusterRecords } from './clusters/record.js';
import { MeasuredStore } from './dashboard/measured-store.js';
import { createOverview } from './dashboard/overview.js';
import { Databases } from './databases/databases.js';
import { DatabaseQueries } from './databases/queries.js';
import { databaseRecords } from './databases/record.js';
import { DefinedWorkflows } from './definitions/made-from-definitions.js';
import { definitionVersions } from './definitions/record.js';
import { Dependants } from './dependants.js';
import { createNetwork } from './devices/parts.js';
import { createDocker } from './docker/parts.js';
import { EventFeed } from './events/feed.js';
import { EventTrimmer } from './events/retention.js';
import { Favorites } from './favorites/favorites.js';
import { HealthCheck, healthChecks } from './health.js';
import { Jobs } from './jobs/jobs.js';
import { JobWriter, jobTrimmer } from './jobs/writer.js';
import { DayCounts } from './limits/day-counts.js';
import { ServerLimits } from './limits/server-limits.js';
import type { OwnLog } from './logs/entry.js';
import { SystemLogs } from './logs/system-logs.js';
import { createMcp } from './mcp/mcp.js';
import { Monitor } from './monitor/monitor.js';
import { PerformanceTally, RequestWindow } from './monitor/request-window.js';
import { SystemStatus } from './monitor/status.js';
import type { UrlGuard } from './net/url-guard.js';
import { Creators, checkRole, type RightsNow } from './people/creators.js';
import { Identity } from './people/identity.js';
import { ApiKeys } from './people/keys/keys.js';
import { OwnKeys } from './people/keys/own-keys.js';
import { apiKeys, callerGuards, sessions as signIns, users as userRecords } from './people/record.js';
import { BrowserSessions } from './people/sign-in/browser-sessions.js';
import { CodeSignIn, type CodeSignInRules } from './people/sign-in/code-sign-in.js';
import { Identities } from './people/sign-in/identities.js';
import type { IssuerCallers } from './people/sign-in/issuer-callers.js';
import { Sessions } from './people/sign-in/sessions.js';
import { AccessTokens } from './people/sign-in/tokens.js';
import { SignInThrottle } from './people/users/throttle.js';
import { type PasswordHasher, Users } from './people/users/users.js';
import type { AskRegistry } from './registry/queries.js';
import { RegistryServers } from './registry/registry-servers.js';
import { ServerConsents } from './servers/consents.js';
import { ServersWithDatabases } from './servers/databases.js';
import { GroupRegistry, Groups } from './servers/groups.js';
import { ServerLifecycle } from './servers/lifecycle.js';
import { ServerLogs } from './servers/logs.js';
import { announceServers, ObservedServers } from './servers/observed.js';
import { ServerOperations } from './servers/operations.js';
import { Readiness } from './servers/readiness.js';
import { type ServerRecord, serverRecords } from './servers/record.js';
import { goneTrimmer, ServerRegistry } from './servers/registry.js';
import { ServerMetrics } from './servers/server-metrics.js';
import { Servers } from './servers/servers.js';
import { type AuthorizationCallback, NO_CALLBACK, serverSpecBytes } from './servers/spec.js';
import { ToolRoom } from './servers/tool-room.js';
import { type DomainSettings, defaultSettings } from './settings.js';
import { SpecRoom } from './sited/spec-room.js';
import { learnSecrets, type Store } from './store.js';
import { Declarations } from './suites/declarations.js';
import { Suites } from './suites/suites.js';
import { Templates } from './templates/templates.js';
import { Terminals } from './terminals/terminals.js';
import { CallActivity } from './tools/activity.js';
import { ToolCatalog } from './tools/catalog.js';
import { ToolHistory } from './tools/history.js';
import { Invocations } from './tools/invocations.js';
import { InvocationOutcomes } from './tools/outcomes.js';
import { Statistics } from './tools/statistics.js';
import { ToolList } from './tools/tool-list.js';
import { ToolUsage } from './tools/usage.js';
import { FoldersWithBackups } from './updates/backup.js';
import { UpdateOutcomes } from './updates/job.js';
import { createUpdates } from './updates/updates.js';
import type { Requester, WebhookSender } from './webhooks/deliverer.js';
import { WebhookDispatch } from './webhooks/dispatch.js';
import { WebhookOwners, WebhookRegistry, webhooks } from './webhooks/record.js';
import { Webhooks } from './webhooks/webhooks.js';
import { WorkflowCatalog } from './workflows/catalog.js';
import { noOperations, type StepOperations } from './workflows/kinds.js';
import { stepKinds } from './workflows/steps.js';
import { TriggerStarts } from './workflows/trigger-starts.js';
import { Triggers, triggerRecords } from './workflows/triggers.js';
import { Workflows } from './workflows/workflows.js';

/** The parts that the domain gets from outside. */
export interface DomainPorts {
  readonly store: Store;
  readonly passwords: PasswordHasher;
  readonly backups: BackupSource;
  /** The hub's own folders. */
  readonly folders: Folders;
  /** The hub's own machine. */
  readonly ownUsage: OwnUsage;
  /** The hub's own certificates. */
  readonly certificates: () => readonly OwnCertificate[];
  /** Definitions of the workflows that ship with the hub, as YAML. */
  readonly workflows: readonly string[];
  /** A function, because the fleet needs the domain's rules to start. */
  readonly fleet: () => Fleet;
  readonly version: string;
  /** The rule for URLs that the hub may call, and the sender that calls them. */
  readonly outbound: { readonly guard: UrlGuard; readonly sender: WebhookSender & Requester };
  /** Asks the MCP registry. */
  readonly askRegistry: AskRegistry;
  /** The operations that steps of workflows can do; default: none. */
  readonly stepOperations?: StepOperations;
  /** Learns all texts that the store seals and unseals, and takes them out of stored and shown texts. */
  readonly redactor?: Redactor;
  /** Callers with tokens of an identity provider, if one is configured. */
  readonly issuerCallers?: IssuerCallers | undefined;
  /** How users sign in at an identity provider, and their role at the first sign-in. */
  readonly codeSignIn?: (CodeSignInRules & { readonly defaultRole: Role | null }) | undefined;
  /** Where users come back to after a consent. */
  readonly callback?: () => AuthorizationCallback;
  /** The hub's own log, where it is kept. */
  readonly ownLog?: OwnLog | undefined;
  readonly settings?: Partial<DomainSettings>;
  /** Records traces of jobs and webhooks; absent: no traces. */
  readonly tracer?: Tracer | undefined;
  /** Called with failures of work in the background. */
  readonly onError?: (error: unknown) => void;
  /** Called with a remark about a server, for admins. */
  readonly onRemark?: (server: ServerRecord, remark: string) => void;
}

const NO_PROVIDER = { missing: 'ROUNDHOUSE_OIDC_ISSUER', redirectUris: [], defaultRole: null } as const;

/** Parts around the domain. `stop` closes each at its place in the order. */
interface ClosedByDomain {
  /** Accepts no new requests, and waits for the running ones. */
  closeApis(): Promise<void>;
  /** Lets running commands end, and disconnects the agents. */
  closeFleet(): Promise<void>;
}

/** The domain, as the APIs use it. */
export type Domain = Awaited<ReturnType<typeof createDomain>>;

/** Builds the parts of the domain from its ports. */
export async function createDomain(ports: DomainPorts) {
  const performance = new PerformanceTally();
  const { passwords, backups, version, outbound, redactor = new Redactor(), onError = () => {}, tracer } = ports;
  const store = new MeasuredStore(ports.store, performance, redactor);
  const settings = { ...defaultSettings, ...ports.settings };
  const serverOf = (id: string) => store.get(serverRecords, id);
  const policyRefusals = new PolicyRefusals(store, redactor, serverOf);
  const redactingFleet = new RedactingFleet(ports.fleet, redactor, policyRefusals, store, serverOf);
  const fleet = () => redactingFleet;
  const throttle = new SignInThrottle();
  const dependants = new Dependants();
  const users = new Users(store, passwords, dependants, throttle);
  const keys = new ApiKeys(store, dependants);
  const tokens = await AccessTokens.open(store, users);
  const sessions = new Sessions(store, users, tokens, throttle);
  const { codeSignIn = NO_PROVIDER } = ports;
  const identity = new Identity(keys, tokens, sessions, ports.issuerCallers);
  const identities = new Identities(store, users, codeSignIn.defaultRole);
  const signInByCode = new CodeSignIn(codeSignIn, identities, sessions);
  const creators = new Creators(keys, users);
  const joinTokens = new JoinTokens(store, creators);
  const agents = new Agents(store, joinTokens, fleet, () => registry.all());
  const rightsBy =
    (recheck: RightsNow): RightsNow =>
    (caller) => {
      const fresh = identity.knows(caller) ? recheck(caller) : creators.now(caller);
      const { grants, ofTools, sharedOnly } = caller;
      if (fresh.grants === grants && !ofTools && !sharedOnly) return fresh;
      return { ...fresh, grants, ...(ofTools && { ofTools }), ...(sharedOnly && { sharedOnly }) };
    };
  const rightsNow = rightsBy((caller) => identity.recheck(caller));
  store.askRights((caller) => {
    checkRole(caller, rightsNow(caller));
    return [...callerGuards(ports.store, caller), ...tokens.guards(caller)];
  });
  const registry = new ServerRegistry(store);
  const groupRegistry = new GroupRegistry(store);
  await learnSecrets(store, serverRecords, registry.all());
  await learnSecrets(store, databaseRecords);
  await learnSecrets(store, definitionVersions);
  await learnSecrets(store, webhooks);
  await learnSecrets(store, triggerRecords);
  const observed = new ObservedServers(
    (serverId) => redactorOf(redactor, registry.byId(serverId) ?? { id: serverId }),
    {
      onRemark: (serverId, remark) => {
        const server = registry.byId(serverId);
        if (server) ports.onRemark?.(server, remark);
      },
      onError: ports.onError,
    },
    new ToolRoom((serverId) => registry.byId(serverId)?.countedAs),
  );
  const room = new SpecRoom();
  room.count(store, serverRecords, serverSpecBytes, registry.all());
  const servers = new Servers(store, agents, registry, observed, groupRegistry, dependants, room);
  const catalog = new ToolCatalog(registry, observed);
  // The checks read the registry, so the registry must observe the store before this does.
  const rights = { now: rightsNow, whileRunning: rightsBy((caller) => identity.recheckBegun(caller)) };
  const streams = new GuardedStreams(store, rights, [serverRecords, clusterRecords, apiKeys, userRecords, signIns]);
  const usage = new ToolUsage(store, registry, catalog);
  const outcomes = new InvocationOutcomes(store);
  const activity = new CallActivity(store, registry);
  const dayCounts = new DayCounts(store);
  const limits = new ServerLimits(dayCounts, settings.rateLimitScale);
  const breakers = new Breakers(store, registry, settings.breaker, onError);
  const cache = new ResponseCache(store, observed, settings.cache);
  const health = new HealthCheck(registry, observed, version, () => healthChecks(store, fleet()));
  const requestWindow = new RequestWindow(store);
  announceServers(store, registry, observed);
  const alertRules = new AlertRules(store, settings.mutedRules);
  const alerts = new Alerts(store, registry);
  const usageWatch = new UsageWatch(fleet, ports.ownUsage, onError);
  const { certificates } = ports;
  const updates = new UpdateOutcomes(store);
  const measurementParts = { registry, observed, breakers, agents, fleet, keys, certificates, updates };
  const measurements = new Measurements({ ...measurementParts, usage: usageWatch });
  const webhookRegistry = new WebhookRegistry(store);
  const webhookOwners = new WebhookOwners(creators, registry);
  const webhookParts = { store, registry: webhookRegistry, owners: webhookOwners, sender: outbound.sender };
  const dispatch = new WebhookDispatch({ ...webhookParts, settings: settings.deliveries, tracer, onError });
  const { callback = () => NO_CALLBACK } = ports;
  const lifecycle = new ServerLifecycle(store, servers, registry, observed, fleet, callback, onError);
  const serverMetrics = new ServerMetrics(store, observed);
  const readiness = new Readiness({ registry, observed, fleet, onError });
  const callParts = { limits, breakers, readiness, rightsNow, streams, redactor, fleet };
  const invocationParts = { store, catalog, usage, outcomes, activity, serverMetrics, cache, ...callParts };
  const invocations = new Invocations(invocationParts);
  const writer = new JobWriter(store, redactor, serverOf);
  const jobs = new Jobs({ store, writer, creators, registry, settings: settings.jobs, tracer, onError });
  const operations = new ServerOperations({ jobs, servers, registry, lifecycle, fleet });
  const updateParts = { store, dependants, jobs, servers, registry, observed, lifecycle, redactor, fleet, onError };
  const updating = createUpdates({ ...updateParts, settings: settings.updates });
  const { imageRegistries } = settings;
  const catalogParts = { store, dependants, registry, observed, servers, lifecycle, jobs, operations, fleet, onError };
  const portal = createCatalog({ ...catalogParts, imageRegistries });
  const declarations = new Declarations(store, servers, dependants);
  const suites = new Suites({ store, jobs, servers, declarations, redactor, fleet });
  const network = await createNetwork({ store, agents, room, rightsNow, streams, redactor, fleet, onError });
  const { stepOperations = noOperations } = ports;
  const databases = new Databases({ store, agents, clients: new ServersWithDatabases(registry, lifecycle) });
  const kinds = stepKinds({
    store,
    stepOperations,
    outbound,
    queries: new DatabaseQueries({ store, databases, agents, rightsNow, redactor, fleet }),
    servers,
    operations,
    invocations,
    fleet,
    jobs,
    updates: updating.updates,
    suites,
    network,
    redactor,
  });
  const defined = new DefinedWorkflows(store);
  const workflowCatalog = new WorkflowCatalog(
    store,
    ports.workflows,
    { kinds: new Set(kinds.keys()), operations: stepOperations, tools: catalog },
    defined,
  );
  const workflows = new Workflows({
    ...{ store, jobs, servers, redactor, kinds },
    catalog: workflowCatalog,
    operations: stepOperations,
  });
  const triggers = new Triggers(store, workflowCatalog, creators, servers);
  const triggerStarts = new TriggerStarts({ store, creators, registry, workflows, triggers, onError });
  const domain = {
    users,
    keys,
    tokens,
    ownKeys: new OwnKeys(keys),
    sessions,
    codeSignIn: signInByCode,
    browserSessions: new BrowserSessions(store, users, tokens, sessions, signInByCode),
    identity,
    streams,
    redactor,
    audit: new AuditLog(store, redactor),
    auditTrimmer: auditTrimmer(store, settings.audit, onError),
    backups: new Backups(store, backups),
    agents,
    fleetSeries: new FleetSeries(),
    policyRefusals,
    joinTokens,
    fleet,
    registry,
    goneTrimmer: goneTrimmer(store, onError),
    observed,
    servers,
    lifecycle,
    consents: new ServerConsents({ store, registry, observed, fleet, callback }),
    logs: new ServerLogs({ servers, fleet, redactor, streams }),
    alerts,
    alertRules,
    certificates,
    usageWatch,
    alertWatch: new AlertWatch({ store, rules: alertRules, alerts, measurements }, onError),
    systemLogs: new SystemLogs({ agents, registry, fleet, redactor, own: ports.ownLog }),
    groups: new Groups(store, groupRegistry, registry),
    templates: new Templates(lifecycle),
    registryServers: new RegistryServers(ports.askRegistry, lifecycle),
    favorites: new Favorites(store, catalog, registry, dependants),
    catalog,
    usage,
    statistics: new Statistics(catalog, usage, activity, registry),
    toolHistory: new ToolHistory(store, catalog, registry),
    toolList: new ToolList(catalog, usage),
    invocations,
    mcp: createMcp({
      ...invocationParts,
      observed,
      registry,
      agents,
      servers,
      groups: groupRegistry,
      settings: settings.mcp,
      onError,
      onRemark: ports.onRemark,
    }),
    serverMetrics,
    jobs,
    jobTrimmer: jobTrimmer(store, settings.jobs, onError),
    operations,
    portal,
    ...updating,
    declarations,
    suites,
    network,
    terminals: new Terminals({ store, identity, fleet, streams, onError }),
    docker: createDocker({ store, agents, catalog: portal.catalog, registry, rightsNow, redactor, fleet, streams }),
    databases,
    kubernetes: await createKubernetes({
      store,
      agents,
      rightsNow,
      redactor,
      fleet,
      streams,
      settings: settings.clusters,
      onError,
    }),
    cleanup: new Cleanup(jobs, new Places(new FoldersWithBackups(ports.folders, store), agents, fleet)),
    stepKinds: kinds,
    stepOperations,
    workflows,
    triggers,
    triggerStarts,
    status: new SystemStatus({ store, servers, agents, jobs, health, metrics: serverMetrics }),
    settings,
    disk: store as Pick<Store, 'failure' | 'waiting'>,
    outcomes,
    dayCounts,
    breakers,
    cache,
    cacheControl: new CacheControl(store, cache, registry),
    health,
    requestWindow,
    events: new EventFeed(store, registry),
    eventTrimmer: new EventTrimmer(store, settings.events, () => Math.min(dispatch.seq, triggerStarts.seq), onError),
    webhooks: new Webhooks(store, webhookRegistry, webhookOwners, outbound.guard),
    dispatch,
    monitor: new Monitor({ store, registry, observed, catalog, breakers, health, requests: requestWindow }),
  };
  const overview = createOverview(domain, { store, performance, catalog: workflowCatalog });
  return {
    ...domain,
    ...overview,

    /** Starts the background work. Jobs that were running when the hub stopped go on. */
    async start(): Promise<void> {
      domain.auditTrimmer.start();
      domain.eventTrimmer.start();
      dispatch.start();
      await updating.serverVersions.start();
      await jobs.start();
      triggerStarts.start();
      await portal.enablements.start();
      domain.jobTrimmer.start();
      domain.goneTrimmer.start();
      usageWatch.start();
      domain.alertWatch.start();
      domain.kubernetes.watch.start();
    },

    /**
     * Stops the background work in an order that loses nothing: requests still reach jobs, jobs still reach agents, and the last
     * events of both are written. The health report says `unhealthy` from the beginning.
     */
    async stop({ closeApis, closeFleet }: ClosedByDomain): Promise<void> {
      health.stop();
      await domain.alertWatch.stop();
      await domain.kubernetes.watch.stop();
      await usageWatch.stop();
      await closeApis();
      await triggerStarts.close();
      await portal.enablements.stop();
      await jobs.close();
      updating.serverVersions.close();
      await domain.jobTrimmer.stop();
      await domain.goneTrimmer.stop();
      await closeFleet();
      await dispatch.close();
      await domain.eventTrimmer.stop();
      usage.flush();
      dayCounts.flush();
      requestWindow.flush();
      await domain.auditTrimmer.stop();
    },
  };
}
