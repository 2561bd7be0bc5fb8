import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type LogLimits, ServerLog } from './server-log.js';

export interface LogsOptions {
  /** The agent's data folder; `logs/` in it is used. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Default: segments of 8 MiB, 256 MiB for each server. */
  readonly limits?: Partial<LogLimits>;
}

/** The logs of an agent's servers. */
export interface Logs {
  /** The log of a server; always the same object until it is deleted. Touches no file before it is used. */
  open(serverId: string): ServerLog;
  /** Ends all readers of a server's log and deletes it. */
  delete(serverId: string): Promise<void>;
  /** Writes what is left and closes all files. */
  close(): Promise<void>;
}

const MiB = 1024 * 1024;

export function createLogs({ dataDir, log, limits }: LogsOptions): Logs {
  const bounds: LogLimits = { segmentBytes: 8 * MiB, totalBytes: 256 * MiB, ...limits };
  const logs = new Map<string, ServerLog>();
  const folderOf = (serverId: string) => join(dataDir, 'logs', serverId);
  return {
    open(serverId) {
      let found = logs.get(serverId);
      if (found === undefined) {
        found = new ServerLog(serverId, folderOf(serverId), bounds, log);
        logs.set(serverId, found);
      }
      return found;
    },
    async delete(serverId) {
      const found = logs.get(serverId);
      if (found === undefined) {
        await rm(folderOf(serverId), { recursive: true, force: true });
        return;
      }
      await found.delete();
      if (logs.get(serverId) === found) logs.delete(serverId);
    },
    async close() {
      await Promise.all([...logs.values()].map((found) => found.close()));
    },
  };
}
