import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createApis } from './apis.js';
import type { Config } from './config.js';
import { makeFirstCredentials } from './domain/access/first-start.js';
import { allows } from './domain/access/permissions.js';
import type { Audit } from './domain/audit/audit.js';
import { createDomain, type Domain } from './domain/domain.js';
import { registerDemoServer } from './domain/servers/demo.js';
import type { Store } from './domain/store.js';
import { encodeJoinToken } from './fleet/join-token.js';
import { type RunningFleet, startFleet } from './fleet/server.js';
import type { AuditSink } from './http/audit.js';
import { createHttpServer } from './http/server.js';
import { openStore } from './store/open.js';
import { hashPassword, verifyPassword } from './store/passwords.js';
import { version } from './version.js';

/** How long requests and commands may go on after the hub was told to stop, milliseconds. */
const GRACE_MS = 10_000;

export interface RunningHub {
  /** Where HTTP is served. */
  readonly http: { readonly host: string; readonly port: number };
  /** Where agents dial. */
  readonly agents: { readonly host: string; readonly port: number };
  readonly domain: Domain;
  /** Stops taking requests, lets what runs end within the limit, and closes the store. */
  close(): Promise<void>;
}

/** The composition root: joins store, domain, fleet and APIs, and starts serving. */
export async function startHub(config: Config, log: Logger): Promise<RunningHub> {
  const store = await openStore({ dir: config.data, sealingKeyFile: config.sealingKeyFile, log });
  let fleet: RunningFleet | undefined;
  const theFleet = (): RunningFleet => {
    if (!fleet) throw new Error('the fleet is not started yet');
    return fleet;
  };
  try {
    const passwords = { hash: hashPassword, verify: verifyPassword };
    const domain = await createDomain({ store, passwords, backups: store, fleet: theFleet, version });
    fleet = await startFleet({
      listen: config.agentListen,
      dataDir: config.data,
      enrollment: domain.agents,
      events: fleetEvents(config, store, domain, log),
      log: log.child({ part: 'fleet' }),
      version,
    });
    const { caCertificate, address } = fleet;
    const dialAt = config.agentListen.host === '0.0.0.0' ? undefined : `${address.host}:${address.port}`;
    const encode = (token: string, site: string) => encodeJoinToken({ token, site, hub: dialAt, ca: caCertificate });
    await firstStart(config, domain);
    const http = createHttpServer({
      apis: createApis(domain, encode),
      authenticate: domain.identity,
      allows: (role, permission) => allows(role, permission as Parameters<typeof allows>[1]),
      audit: failuresOnly(domain.audit),
      health: () => domain.health.report(),
      keyLimits: (caller) => domain.identity.limits(caller),
      settings: {
        trustedProxies: config.trustedProxies,
        corsOrigins: config.corsOrigins,
        bodyLimitBytes: config.bodyLimit,
        rateLimitScale: config.rateLimitScale,
        tls: config.tlsCert && config.tlsKey ? { cert: config.tlsCert, key: config.tlsKey } : undefined,
      },
      log: log.child({ part: 'http' }),
    });
    const listening = await http.listen(config.listen);
    log.info({ http: listening, agents: address, version }, 'hub is ready');
    return {
      http: listening,
      agents: address,
      domain,
      close: async () => {
        domain.health.stop();
        await http.close({ graceMs: GRACE_MS });
        await theFleet().close({ graceMs: GRACE_MS });
        domain.usage.flush();
        await store.close();
      },
    };
  } catch (error) {
    await fleet?.close({ graceMs: 0 });
    await store.close();
    throw error;
  }
}

function fleetEvents(config: Config, store: Store, { lifecycle, servers }: Domain, log: Logger) {
  const agentLog = log.child({ part: 'agent' });
  return {
    async onConnect(agent) {
      if (config.demo) await registerDemoServer(store, servers, agent.site);
      return lifecycle.onConnect(agent);
    },
    onDisconnect: (agent, reason) => lifecycle.onDisconnect(agent, reason),
    onReport: (agent, report) => lifecycle.onReport(agent, report),
    onLog: (agent, { level, serverId, message }) => agentLog.info({ agent: agent.name, level, serverId }, message),
  } satisfies Parameters<typeof startFleet>[0]['events'];
}

/** The entries of changes that succeed are written by the domain, in the change itself; those of refusals and failures come from here. */
function failuresOnly(audit: Audit): AuditSink {
  return {
    record(origin, { error, details, ...outcome }) {
      if (!outcome.success) audit.record(origin, { ...outcome, details: { ...details, error } });
    },
  };
}

/** Makes the first credentials, and shows them once. */
async function firstStart(config: Config, domain: Domain): Promise<void> {
  const first = await makeFirstCredentials(domain.users, domain.keys, config);
  if (!first) return;
  await writeFile(join(config.data, 'first-key'), `${first.apiKey}\n`, { mode: 0o600 });
  if (first.madePassword)
    process.stdout.write(`First sign-in, shown only now: user ${first.username}, password ${first.password}\n`);
}
