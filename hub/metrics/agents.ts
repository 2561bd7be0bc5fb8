import { type AgentMetric, agentMetrics, type MetricSubject } from '@roundhouse/proto/agent-metrics';
import type { Caller } from '../domain/access/caller.js';
import { maySeeSite } from '../domain/access/grants.js';
import type { AgentSeries, AgentSeriesView } from '../domain/agents/series.js';
import { SYSTEM } from '../domain/audit/audit.js';
import type { Domain } from '../domain/domain.js';
import { type Families, family, type Labels, type Reader, type Sample } from './series.js';
import { seesSeriesOf } from './servers.js';

/**
 * The metrics that agents send, with the labels `site` and `agent`. The hub knows the server, device or cluster of an id, and its agent: it does not
 * show series that an agent sends about a resource of another agent.
 */
export function agentFamilies(domain: Domain): (site?: string) => Families {
  const { agents, fleetSeries, registry, network, kubernetes } = domain;

  /** The names of an agent's servers, devices and clusters that a caller sees, by id. */
  function thingsSeen(reader: Reader): Record<Exclude<MetricSubject, 'agent'>, Find> {
    const origin = { ...SYSTEM, caller: reader as Caller };
    const listed = (views: readonly { readonly record: Thing }[]) => {
      const byId = new Map(views.map(({ record }) => [record.id, record]));
      return (id: string) => byId.get(id);
    };
    return {
      server: (id) => {
        const record = registry.byId(id);
        return record && seesSeriesOf(reader, record) ? record : undefined;
      },
      device: listed(network.devices.list(origin)),
      cluster: listed(kubernetes.clusters.list(origin)),
    };
  }

  return (site) =>
    function* (reader) {
      const isWanted = (name: string) => site === undefined || name === site;
      const enrolled = agents.list({ ...SYSTEM, caller: null }).filter(({ record }) => isWanted(record.site));
      const names = agentNames(enrolled.map(({ record }) => record));
      const ownLabels = ({ id, name, site }: { id: string; name: string; site: string }) => ({
        site,
        agent: names.get(id) ?? name,
      });
      const shown = Array.from(fleetSeries.all(), (view) => ({
        view,
        own: Object.entries(ownLabels(view.agent)),
      })).filter(({ view }) => isWanted(view.agent.site));
      const seen = enrolled.filter(({ record }) => maySeeSite(reader, record.site));
      yield family('gauge', 'roundhouse_agent_connected', 'Whether an enrolled agent is connected: 1 or 0', () =>
        seen.map(({ record, connection }) => [ownLabels(record), connection ? 1 : 0]),
      );
      const seenViews = shown.filter(({ view }) => maySeeSite(reader, view.agent.site)).map(({ view }) => view);
      yield family('gauge', 'roundhouse_agent_samples', 'Samples of an agent that the hub keeps', () =>
        seenViews.map((view) => [ownLabels(view.agent), view.samples]),
      );
      yield family(
        'gauge',
        'roundhouse_agent_samples_left_out',
        'Samples of an agent beyond the bound, which the hub does not show',
        () => seenViews.map((view) => [ownLabels(view.agent), view.leftOut]),
      );
      const things = thingsSeen(reader);
      for (const metric of Object.values(agentMetrics)) {
        const { name, help, type, subject } = metric;
        const views = subject === 'agent' ? shown.filter(({ view }) => maySeeSite(reader, view.agent.site)) : shown;
        const find: Find | undefined = subject === 'agent' ? undefined : things[subject];
        yield { name, help, type, samples: () => samples(views, metric, find) };
      }
    };
}

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
}

type Find = (id: string) => Thing | undefined;

/** The samples of a metric. `find` gives the resource of a series, if the caller sees it. */
function* samples(shown: readonly Shown[], metric: AgentMetric, find: Find | undefined): Generator<Sample | undefined> {
  for (const { view, own } of shown)
    for (const series of view.series(metric)) {
      const [id = '', ...further] = find ? series.labels : ['', ...series.labels];
      const thing = find?.(id);
      if (find && thing?.agentId !== view.agent.id) {
        yield undefined;
        continue;
      }
      const named = thing ? [[metric.subject, thing.name] as const] : [];
      const labels = metric.labels.map((name, i) => [name, further[i] ?? ''] as const);
      yield* samplesIn(series, [...named, ...labels, ...own], view.at);
    }
}

interface Shown {
  readonly view: AgentSeriesView;
  /** The labels `site` and `agent`. */
  readonly own: Labels;
}

/** The names of agents by id. If two agents of a site have the same name, the end of the id follows the name. */
function agentNames(agents: readonly { readonly id: string; readonly name: string; readonly site: string }[]) {
  const counts = new Map<string, number>();
  const key = ({ site, name }: (typeof agents)[number]) => JSON.stringify([site, name]);
  for (const agent of agents) counts.set(key(agent), (counts.get(key(agent)) ?? 0) + 1);
  return new Map(
    agents.map((agent) => [
      agent.id,
      counts.get(key(agent)) === 1 ? agent.name : `${agent.name} ${agent.id.slice(-12)}`,
    ]),
  );
}

function* samplesIn({ metric, values }: AgentSeries, labels: Labels, timeMs: number): Generator<Sample> {
  if (metric.type !== 'histogram') {
    yield { suffix: '', labels, value: values[0] ?? Number.NaN, timeMs };
    return;
  }
  const { length } = metric.buckets;
  const count = values[length] ?? 0;
  for (const [i, bound] of metric.buckets.entries())
    yield { suffix: '_bucket', labels: [['le', String(bound)], ...labels], value: values[i] ?? 0, timeMs };
  yield { suffix: '_bucket', labels: [['le', '+Inf'], ...labels], value: count, timeMs };
  yield { suffix: '_sum', labels, value: values[length + 1] ?? 0, timeMs };
  yield { suffix: '_count', labels, value: count, timeMs };
}
