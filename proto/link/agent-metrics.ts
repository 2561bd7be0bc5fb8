/*
 * The metrics that agents send. Names, types and labels are defined here only, and not in reports, so an agent can send series of these
 * metrics only. The number of a metric never changes.
 */

/** The thing that a series is about: the agent itself, or a thing whose id is the series' first label. */
export type MetricSubject = 'agent' | 'server' | 'device' | 'cluster';

export interface AgentMetric {
  /** The number in reports. */
  readonly number: number;
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly subject: MetricSubject;
  /** Further labels. */
  readonly labels: readonly string[];
  /** The upper bounds of a histogram's buckets, without infinity. */
  readonly buckets: readonly number[];
}

/** The most samples that an agent sends, and that the hub keeps of an agent. */
export const mostSamples = 10_000;
/** The length of a label's value, characters; the rest is cut off. */
export const longestLabel = 128;
/** How often an agent reports, milliseconds. */
export const metricsIntervalMs = 15_000;
/** How long the hub shows the series of an agent after its last report, milliseconds. */
export const metricsStaleMs = 4 * metricsIntervalMs;

const callSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const metric = (
  number: number,
  type: AgentMetric['type'],
  name: string,
  help: string,
  { subject = 'agent', labels = [], buckets = [] }: Partial<Pick<AgentMetric, 'subject' | 'labels' | 'buckets'>> = {},
): AgentMetric => ({ number, name: `roundhouse_agent_${name}`, type, help, subject, labels, buckets });

const server = { subject: 'server' } as const;

export const agentMetrics = {
  cpuSeconds: metric(1, 'counter', 'cpu_seconds_total', 'Processor time of the agent itself'),
  residentBytes: metric(2, 'gauge', 'resident_memory_bytes', 'Memory of the agent itself'),
  heapBytes: metric(3, 'gauge', 'heap_used_bytes', 'JavaScript objects of the agent'),
  loopDelay: metric(
    4,
    'gauge',
    'event_loop_delay_seconds',
    'Delay of the event loop since the last report, 99th percentile',
  ),
  startTime: metric(5, 'gauge', 'start_time_seconds', 'When the agent started, since 1970'),
  roundTrip: metric(10, 'gauge', 'link_round_trip_seconds', 'Round trip of the last heartbeat'),
  sentBytes: metric(11, 'counter', 'link_sent_bytes_total', 'Bytes of frames for the hub since the agent started'),
  receivedBytes: metric(
    12,
    'counter',
    'link_received_bytes_total',
    'Bytes of frames of the hub since the agent started',
  ),
  queueBytes: metric(13, 'gauge', 'link_queue_bytes', 'Bytes that wait for the link'),
  connections: metric(
    14,
    'counter',
    'link_connections_total',
    'Connections that the hub has welcomed since the agent started',
  ),
  serverConnected: metric(20, 'gauge', 'server_connected', 'Whether a server is connected: 1 or 0', server),
  serverCalls: metric(21, 'counter', 'server_calls_total', 'Tool calls that ended', { ...server, labels: ['outcome'] }),
  serverSeconds: metric(22, 'histogram', 'server_call_duration_seconds', 'Duration of tool calls at the agent', {
    ...server,
    buckets: callSeconds,
  }),
  serverRestarts: metric(
    23,
    'counter',
    'server_restarts_total',
    'Attempts to connect a server again after it failed',
    server,
  ),
  serverMemory: metric(24, 'gauge', 'server_memory_bytes', 'Memory of the processes of a server', server),
  serverCpu: metric(25, 'gauge', 'server_cpu_ratio', 'Processors that a server used since the last report', server),
  dockerRequests: metric(30, 'counter', 'docker_requests_total', 'Requests to the Docker Engine that ended', {
    labels: ['outcome'],
  }),
  clusterRequests: metric(40, 'counter', 'cluster_requests_total', 'Commands for a Kubernetes cluster that ended', {
    subject: 'cluster',
    labels: ['outcome'],
  }),
  deviceConnected: metric(50, 'gauge', 'device_connected', 'Whether a network device is connected: 1 or 0', {
    subject: 'device',
  }),
} as const satisfies Record<string, AgentMetric>;

export type AgentMetricName = keyof typeof agentMetrics;

/** How many values a series of a metric has in a report. */
export function valuesOf({ type, buckets }: AgentMetric): number {
  return type === 'histogram' ? buckets.length + 2 : 1;
}

/** How many samples a series of a metric is, as Prometheus counts them. */
export function samplesOf({ type, buckets }: AgentMetric): number {
  return type === 'histogram' ? buckets.length + 3 : 1;
}
