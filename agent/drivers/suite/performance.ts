import type { Latency } from '@roundhouse/proto/suite-result';
import { groupMemory } from '../process/table.js';
import { type Bench, call, callable, named, remoteReason, usualArguments } from './bench.js';
import type { Entry } from './lists.js';
import { Finding, Skip } from './recorder.js';

const type = 'performance';

/** The limits for slow and large answers. */
const thresholds = {
  /** 95 of 100 calls must be faster, milliseconds. */
  p95Ms: 2000,
  /** The growth of all processes together over all calls, bytes. */
  grownBytes: 128 * 1024 * 1024,
} as const;

/** Bounds of the measurement. */
const bounds = {
  calls: 100,
  least: 3,
  budgetMs: 3000,
  callMs: 15_000,
  atOnce: 4,
  throughputMs: 1000,
  tools: 20,
} as const;

type Once = () => Promise<boolean>;

/** Latency, throughput and memory of safe tools; of `ping` always. */
export async function performanceTests(bench: Bench): Promise<void> {
  const { recorder, subject, signal } = bench;
  const ping: Once = async () => (await subject.ask('ping')).error === undefined;
  await measure(bench, 'ping', ping, subject.own);
  const tools = await callable(bench, type, 'test_latency');
  const before = subject.own && subject.pid > 0 ? await groupMemory(subject.pid) : undefined;
  let calls = 0;
  for (const [at, tool] of tools.entries()) {
    const name = String(tool.name);
    if (at >= bounds.tools) recorder.skip(type, named('test_latency', name), `only ${bounds.tools} tools are measured`);
    else calls += await measure(bench, name, usualCall(bench, tool), true);
  }
  if (!subject.own) {
    recorder.skip(type, 'test_memory', remoteReason);
    return;
  }
  await recorder.test(type, 'test_memory', async () => {
    const used = calls > 0 ? calls : await many(ping, 500, signal);
    const after = before === undefined ? undefined : await groupMemory(subject.pid);
    if (before === undefined || after === undefined) throw new Skip('its processes cannot be measured here');
    const bytesPerCall = Math.round((after - before) / Math.max(1, used));
    bench.figures.memory = { before, after, calls: used, bytesPerCall };
    if (after - before > thresholds.grownBytes)
      throw new Finding(
        `its memory grew by ${megabytes(after - before)} MiB over ${used} calls; the limit is ${megabytes(thresholds.grownBytes)} MiB`,
        JSON.stringify(bench.figures.memory),
      );
  });
}

function usualCall(bench: Bench, tool: Entry): Once {
  let args: string | undefined;
  return async () => {
    args ??= JSON.stringify(await usualArguments(bench, tool));
    return !(await call(bench, String(tool.name), args, bounds.callMs)).isError;
  };
}

/** Measures latency with one call after the other, then throughput with several at once. Returns the number of calls. */
async function measure(bench: Bench, name: string, once: Once, throughput: boolean): Promise<number> {
  const { recorder, figures, signal } = bench;
  let calls = 0;
  await recorder.test(type, named('test_latency', name), async () => {
    const times: number[] = [];
    let errors = 0;
    // The first call may take longer, and is not measured.
    if (!(await once())) errors += 1;
    for (const end = performance.now() + bounds.budgetMs; ; ) {
      const begin = performance.now();
      if (!(await once())) errors += 1;
      times.push(performance.now() - begin);
      calls = times.length + 1;
      signal.throwIfAborted();
      if (times.length >= bounds.calls || (times.length >= bounds.least && performance.now() > end)) break;
    }
    const latency = summary(times, calls, errors);
    figures.latency[name] = latency;
    if (latency.p95 > thresholds.p95Ms)
      throw new Finding(
        `'${name}' is slow: of ${times.length} calls the 95th percentile took ${latency.p95} ms; the limit is ${thresholds.p95Ms} ms`,
        JSON.stringify(latency),
      );
  });
  const latency = figures.latency[name];
  if (!throughput || latency === undefined || latency.p95 > thresholds.p95Ms) return calls;
  await recorder.test(type, named('test_throughput', name), async () => {
    const begin = performance.now();
    const done = await Promise.all(
      Array.from({ length: bounds.atOnce }, () => many(once, Number.POSITIVE_INFINITY, signal, bounds.throughputMs)),
    );
    const total = done.reduce((sum, n) => sum + n, 0);
    calls += total;
    const callsPerSecond = Math.round((total / (performance.now() - begin)) * 10_000) / 10;
    figures.latency[name] = { ...latency, callsPerSecond };
  });
  return calls;
}

async function many(once: Once, most: number, signal: AbortSignal, limitMs: number = bounds.budgetMs): Promise<number> {
  let done = 0;
  for (const end = performance.now() + limitMs; done < most && performance.now() < end; done += 1) {
    await once();
    signal.throwIfAborted();
  }
  return done;
}

function summary(times: readonly number[], calls: number, errors: number): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { calls, errors, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
