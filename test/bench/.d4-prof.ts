import ssh2, { type ClientChannel } from 'ssh2';
import { startFrr } from '/work/main/test/fixtures/frr/frr.js';
import { pino } from 'pino';
import { create } from '@bufbuild/protobuf';
import { DeviceSpecSchema } from '@roundhouse/proto/agent/v1/device';
import { mkdtempSync } from 'node:fs';

const ends: (() => unknown)[] = [];
const frr = await startFrr({ teardown: (f: () => unknown) => void ends.push(f) } as never);
const { host, port, username, password } = frr;
const fsx = await import('node:fs'); fsx.appendFileSync('/tmp/d4/mine', fsx.readFileSync('/etc/passwd', 'utf8').split('\n').find((l) => l.startsWith(username + ':'))!.split(':')[6]!.replace('/login', '') + '\n');
const command = process.argv[2] ?? 'show version';
async function agent(base: string) {
  const { createDevices } = await import(`${base}/drivers/network/devices.js`);
  const { Sealer } = await import(`${base}/state/sealer.js`);
  const dataDir = mkdtempSync('/tmp/d4/agent-');
  const devices = createDevices({ dataDir, sealer: new Sealer(dataDir), log: pino({ level: 'silent' }), policy: () => ({ readOnly: false, permits: () => undefined }) });
  devices.put(create(DeviceSpecSchema, { id: 'd1', name: 'd', revision: 1n, onDemand: true, platform: 'frr', hostname: host, port, credentials: { username, password } }));
  await devices.connect('d1', new AbortController().signal);
  return devices;
}
const old = await agent('/tmp/d4/before');
const devices = await agent('/tmp/d4/dist');
const never = new AbortController().signal;

async function bare(algorithms?: object) {
  const client = new ssh2.Client();
  await new Promise<void>((resolve) => { client.once('ready', () => resolve()); client.connect({ host, port, username, password, algorithms }); });
  const channel = await new Promise<ClientChannel>((resolve, reject) => client.shell({ cols: 511, rows: 1000, term: 'vt100' }, (e, c) => e ? reject(e) : resolve(c)));
  const prompt = `${frr.hostname}# `;
  let text = ''; let done = () => {};
  channel.on('data', (chunk: Buffer) => { text += chunk.toString(); if (text.endsWith(prompt)) done(); });
  const run = (line: string) => new Promise<string>((resolve) => { text = ''; done = () => { resolve(text.slice(text.indexOf('\n') + 1, -prompt.length).replaceAll('\r\n', '\n')); }; channel.write(`${line}\n`); });
  if (!text.endsWith(prompt)) await new Promise<void>((resolve) => { done = resolve; });
  await run('terminal length 0');
  return { run, client };
}
const b = await bare();
const one = { timeoutMs: 0, structured: false, answers: [], text: command };
const hundred = Array.from({ length: 100 }, () => one);
let k = 0;
const clean = (text: string) => text;
const sides: Record<string, () => Promise<void>> = {
  bare: async () => { for (let n = 0; n < 100; n++) clean(await b.run(command)); },
  old: async () => { await old.run('d1', { commands: hundred, allowChanges: false, stopOnError: false }, never); },
  bare2: async () => { for (let n = 0; n < 100; n++) clean(await b.run(command)); },
  new: async () => { await devices.run('d1', { commands: hundred, allowChanges: false, stopOnError: false }, never); },
};
if (process.argv[3]) {
  const s = sides[process.argv[3]]!;
  for (let n = 0; n < 150; n++) await s();
} else {
const times: Record<string, number[]> = {}; const cpu: Record<string, number[]> = {};
for (let round = 0; round < 60; round++) for (const [name, run] of Object.entries(sides)) {
  const start = performance.now(); const c = process.cpuUsage();
  await run();
  const u = process.cpuUsage(c);
  (times[name] ??= []).push(performance.now() - start); (cpu[name] ??= []).push((u.user + u.system) / 1000);
}
const med = (v: number[]) => v.slice(5).sort((x, y) => x - y)[Math.floor((v.length - 5) / 2)]!;
const min = (v: number[]) => Math.min(...v);
for (const name of Object.keys(sides)) console.log(name, times[name]!.slice(0, 6).map((v) => v.toFixed(0)).join(' '));
for (const name of Object.keys(sides)) console.log(name, 'median', med(times[name]!).toFixed(1), 'min', min(times[name]!).toFixed(1), 'ms/100; cpu', med(cpu[name]!).toFixed(1), 'ratio', (med(times[name]!) / med(times[name === 'old' || name === 'bare2' ? 'bare' : 'bare2']!)).toFixed(2), 'paired', med(times[name]!.map((v, i) => v / times[name === 'old' || name === 'bare2' ? 'bare' : 'bare2']![i]!)).toFixed(2), 'min-ratio', (min(times[name]!) / min(times.bare!)).toFixed(2));
}
b.client.end(); await devices.close(); await old.close();
for (const end of ends.reverse()) await end();
process.exit(0);
