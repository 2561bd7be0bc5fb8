import { Registry } from 'prom-client';
import { authorize } from '../domain/access/authorize.js';
import type { Caller } from '../domain/access/caller.js';
import { SYSTEM } from '../domain/audit/audit.js';
import type { Domain } from '../domain/domain.js';
import type { ServerRecord } from '../domain/servers/record.js';
import type { Metrics, TargetGroup } from '../http/metrics.js';
import { agentFamilies } from './agents.js';
import { deviceFamilies } from './devices.js';
import { hubMetrics, type LinkStats, performanceMetrics } from './hub.js';
import { jobMetrics } from './jobs.js';
import { type ObservedResponse, RequestMetrics } from './requests.js';
import { BadSelector, type Matcher, SelectorReader } from './selector.js';
import { type Family, familiesOf, isWhole, type Labels, type Reader, type Sample } from './series.js';
import { seesSeriesOf, serverFamilies } from './servers.js';
import { contentTypes, formFor, inTurns, linesOf } from './text.js';

export interface MetricsOptions {
  readonly domain: Domain;
  readonly link: () => LinkStats;
  readonly version: string;
  /** Whether no credential is needed. */
  readonly public: boolean;
  /** The URL of the hub for a client whose request names this host. */
  readonly address: (host: string) => string;
}

type Part = Parameters<Metrics['read']>[2];

/** The reader of public metrics: a client without a credential. */
const anyone: Reader = { id: '', userId: null, role: 'viewer', grants: null };

/** All metrics of a hub, under the documents' names, and further metrics as `roundhouse_…`. */
export function createMetrics({ domain, link, version, public: isPublic, address }: MetricsOptions) {
  // The metrics of the hub as a whole, which a narrowed key does not see.
  const registry = new Registry();
  const requests = new RequestMetrics(registry);
  hubMetrics(registry, domain, link, version);
  jobMetrics(registry, domain);
  performanceMetrics(registry, domain);
  const parts = [serverFamilies(domain), deviceFamilies(domain)];
  const ofAgents = agentFamilies(domain);

  const reader = (caller: Caller | null): Reader => {
    if (!isPublic) authorize(caller, 'metrics.read');
    return caller ?? anyone;
  };

  /** The families that a caller may see. `site`: of the agents of this site only. */
  async function families(who: Reader, { site, hub_only: isHubOnly = false }: Part): Promise<Family[]> {
    const hub = site === undefined ? parts.flatMap((part) => [...part(who)]) : [];
    const whole = site === undefined && isWhole(who) ? [requests.durations(), ...(await familiesOf(registry))] : [];
    return [...hub, ...whole, ...(isHubOnly ? [] : ofAgents(site)(who))];
  }

  return {
    permission: isPublic ? 'public' : 'metrics.read',
    async read(caller, accept, part) {
      const form = formFor(accept);
      return { contentType: contentTypes[form], pieces: inTurns(linesOf(await families(reader(caller), part), form)) };
    },
    async federate(caller, accept, texts) {
      const found = await families(reader(caller), {});
      const selectors: (readonly Matcher[])[] = [];
      const selectorReader = new SelectorReader();
      try {
        for (const text of texts) selectors.push(selectorReader.read(text));
      } catch (error) {
        if (error instanceof BadSelector) return { problem: error.message };
        throw error;
      }
      const form = formFor(accept);
      const lines = linesOf(chosen(found, selectors), form, { timed: true });
      return { contentType: contentTypes[form], pieces: inTurns(lines) };
    },
    targets(caller, host, ofServers = false) {
      if (ofServers) return caller === null ? [] : serverTargets(domain.registry.all(), caller);
      const who = reader(caller);
      const { protocol, host: target, pathname } = new URL(address(host));
      const group = (labels: TargetGroup['labels']): TargetGroup => ({
        targets: [target],
        labels: {
          __scheme__: protocol.slice(0, -1),
          __metrics_path__: `${pathname.replace(/\/$/, '')}/metrics`,
          ...labels,
        },
      });
      const servers = [...domain.registry.all()].filter((server) => seesSeriesOf(who, server));
      const sites = domain.agents.sites({ ...SYSTEM, caller: who as Caller });
      const names = new Set([...sites, ...servers.map(({ site: name }) => ({ name }))].map(({ name }) => name));
      return [
        group({ __param_hub_only: 'true' }),
        ...[...names].sort().map((site) => group({ __param_site: site, site })),
      ];
    },
    /** All families, for the operator's collector. They sum up private servers, too. */
    all: () => families(anyone, {}),
    /** Counts a response. */
    observe(response: ObservedResponse): void {
      requests.observe(response);
      domain.requestWindow.add(response.status, response.durationMs);
    },
  } satisfies Metrics & { all: unknown; observe: unknown };
}

/** The servers with their own metrics whose series a caller sees. */
function serverTargets(servers: Iterable<ServerRecord>, caller: Caller): TargetGroup[] {
  authorize(caller, 'metrics.read');
  return [...servers].filter((server) => seesSeriesOf(caller, server)).flatMap((server) => targetOf(server) ?? []);
}

/** The target of a server's own metrics, with the host by which its agent reaches it; `undefined` if the server has none. */
function targetOf({ name, site, transport, metadata }: ServerRecord): TargetGroup | undefined {
  const path = metadata.metricsPath ?? null;
  if (path === null || transport.type === 'stdio') return undefined;
  const { protocol, host } = new URL(transport.url);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  return {
    targets: [host],
    labels: { __scheme__: isSecure ? 'https' : 'http', __metrics_path__: path, site, server: name },
  };
}

/**
 * The series that one of the selectors chooses, as Prometheus federates them: each name of a series is a family without type and help, in the order
 * of the names. Labels are in order, and each sample has its time. A series without the label `instance` gets an empty one, so that a Prometheus with
 * `honor_labels` adds none.
 * @param now the time of samples without a time, milliseconds since 1970
 */
function* chosen(
  families: readonly Family[],
  selectors: readonly (readonly Matcher[])[],
  now = Date.now(),
): Generator<Family> {
  const named = families
    .flatMap((family) => suffixesOf(family).map((suffix) => ({ family, suffix, name: family.name + suffix })))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { family, suffix, name } of named) {
    const rest = selectors
      // Without a condition a selector chooses nothing.
      .filter((matchers) => matchers.length > 0)
      .filter((matchers) => matchers.every(({ label, matches }) => label !== '__name__' || matches(name)))
      .map((matchers) => matchers.filter(({ label }) => label !== '__name__'));
    if (rest.length === 0) continue;
    yield { name, help: '', type: 'untyped', samples: () => samplesOf(family, suffix, rest, now) };
  }
}

function suffixesOf({ type }: Family): string[] {
  if (type === 'histogram') return ['_bucket', '_count', '_sum'];
  return type === 'summary' ? ['', '_count', '_sum'] : [''];
}

function* samplesOf(
  family: Family,
  suffix: string,
  selectors: readonly (readonly Matcher[])[],
  now: number,
): Generator<Sample | undefined> {
  for (const sample of family.samples()) {
    const isChosen =
      sample?.suffix === suffix &&
      selectors.some((matchers) => matchers.every(({ label, matches }) => matches(labelOf(sample.labels, label))));
    const { labels = [], value = 0, timeMs = now } = sample ?? {};
    yield isChosen ? { suffix: '', labels: federated(labels), value, timeMs } : undefined;
  }
}

function labelOf(labels: Labels, label: string): string {
  return labels.find(([name]) => name === label)?.[1] ?? '';
}

function federated(labels: Labels): Labels {
  const set = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  return set.some(([name]) => name === 'instance') ? set : [...set, ['instance', '']];
}
