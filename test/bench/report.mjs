// The figures as a table for people.
import { cpus } from 'node:os';
import { generator } from './load.mjs';

/** @typedef {{ name: string, perSecond: number, p50: number, p99: number, cpu: Record<string, number> }} SideResult */
/** @typedef {{ title: string, product: SideResult, floor: SideResult }} ScenarioResult */

const milliseconds = (/** @type {number} */ value) => `${value.toFixed(value < 1 ? 3 : 2)} ms`;

/** Where and how it was measured. @param {{ rounds: number, connections: number, seconds: Record<string, number> }} method */
export function circumstances({ rounds, connections, seconds }) {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    method:
      `${generator}, loopback; ${rounds} rounds, Roundhouse and floor in turn, medians; each round ${seconds.throughput} s at ` +
      `${connections} connections (throughput, CPU) and ${seconds.latency} s at one (p50, p99); ${seconds.warmUp} s warm-up; ` +
      'load generator, hub, agent and server share the cores',
  };
}

/** @param {ReturnType<typeof circumstances>} facts @param {readonly ScenarioResult[]} results @returns {string} Markdown */
export function markdown(facts, results) {
  const lines = [
    `Node ${facts.node}, ${facts.cores} cores, ${facts.cpu}, ${facts.date.slice(0, 10)}.`,
    `Method: ${facts.method}.`,
  ];
  for (const { title, product, floor } of results) {
    lines.push(
      '',
      `### ${title}`,
      '',
      '| | requests/s | p50 | p99 | CPU seconds per 1,000 |',
      '|---|---:|---:|---:|---|',
    );
    for (const { name, perSecond, p50, p99, cpu } of [product, floor]) {
      const each = Object.entries(cpu).map(([process_, seconds]) => `${process_} ${seconds.toFixed(3)}`);
      const rate = Math.round(perSecond).toLocaleString('en');
      lines.push(`| ${name} | ${rate} | ${milliseconds(p50)} | ${milliseconds(p99)} | ${each.join(', ')} |`);
    }
    const ratio = (product.perSecond / floor.perSecond).toFixed(2);
    lines.push('', `${ratio} of the floor's throughput; ${milliseconds(product.p50 - floor.p50)} added at p50.`);
  }
  return lines.join('\n');
}
