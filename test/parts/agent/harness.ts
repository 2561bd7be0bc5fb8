import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { type ServerReport, type ServerSpec, ServerSpecSchema, ServerState } from '@roundhouse/proto/agent/v1/server';
import { pino } from 'pino';
import type { Test } from 'tap';
import { createLogs, type Logs } from '../../../agent/drivers/logs/logs.js';
import type { McpLimits } from '../../../agent/drivers/mcp/limits.js';
import { createServers, type Servers, type ServersOptions } from '../../../agent/drivers/mcp/servers.js';
import { collectReports } from '../../kit/reports.js';
import { tempFolder } from '../../temp-folder.js';

export const silentLog = pino({ level: 'silent' });

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** The path of a file below the repository's root. */
export function repoPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export { tempFolder };

export interface Harness {
  readonly servers: Servers;
  readonly logs: Logs;
  readonly dataDir: string;
  /** Every report so far, oldest first. */
  readonly reports: ServerReport[];
  /** Resolves with the first report, from now on or already there, that fits. */
  report(fits: (report: ServerReport) => boolean): Promise<ServerReport>;
  /** A server's log so far. */
  logText(serverId: string): Promise<string>;
}

/** Servers with their logs in a temporary folder, all ended with the test. */
export function harness(t: Test, limits: Partial<McpLimits> = {}, more: Partial<ServersOptions> = {}): Harness {
  const dataDir = tempFolder(t);
  const logs = createLogs({ dataDir, log: silentLog });
  const servers = createServers({ dataDir, logs, log: silentLog, version: '0.0.0', limits, ...more });
  const { reports, report } = collectReports<ServerReport>((listener) => servers.onReport(listener));
  t.teardown(async () => {
    await servers.close();
    await logs.close();
  });
  return {
    servers,
    logs,
    dataDir,
    reports,
    report,
    logText: async (serverId) => {
      const parts: Uint8Array[] = [];
      for await (const part of logs.open(serverId).read()) parts.push(part);
      return Buffer.concat(parts).toString();
    },
  };
}

type SpecInit = Omit<Parameters<typeof create<typeof ServerSpecSchema>>[1] & object, '$typeName'>;

/** The specification of a server, not to be connected yet. */
export function spec(init: SpecInit): ServerSpec {
  return create(ServerSpecSchema, { id: 's1', name: 'server one', revision: 1n, ...init });
}

/** The specification of one of the fixtures. */
export function fixture(name: string, env: Record<string, string> = {}, more: SpecInit = {}): ServerSpec {
  const args = [repoPath(`test/fixtures/servers/${name}.mjs`)];
  return spec({ transport: { case: 'stdio', value: { command: process.execPath, args, env } }, ...more });
}

/** The specification of a server reached by HTTP. */
export function httpSpec(url: string, more: SpecInit = {}): ServerSpec {
  return spec({ transport: { case: 'http', value: { url, headers: {} } }, ...more });
}

/** Puts a fixture and connects it. */
export async function connected(t: Test, name: string, env?: Record<string, string>, limits?: Partial<McpLimits>) {
  const h = harness(t, limits);
  h.servers.put(fixture(name, env));
  const report = await h.servers.connect('s1', never);
  /** Calls a tool; resolves with the result as text. */
  const call = async (tool: string, args = '{}', signal: AbortSignal = never): Promise<string> => {
    const { json } = await h.servers.callTool('s1', tool, Buffer.from(args), { signal });
    return Buffer.from(json).toString();
  };
  return { ...h, connectReport: report, call };
}

export const isConnected = ({ state }: ServerReport): boolean => state === ServerState.CONNECTED;
export const isError = ({ state }: ServerReport): boolean => state === ServerState.ERROR;

/** The first text in a tool's result. */
export function firstText(result: string): string {
  const { content } = JSON.parse(result) as { content: { text: string }[] };
  return content[0]?.text ?? '';
}

/** Whether a process with this id runs. A zombie does not run. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
