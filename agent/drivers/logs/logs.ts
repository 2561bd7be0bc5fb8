import { existsSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, readLogLine, type Severity } from '@roundhouse/proto/log';
import { AgentFailure } from '../../failure.js';
import { formerOwnLog, isFolderId } from '../folder-ids.js';
import type { LogEntry, LogSink } from './entry.js';
import { type LogLimits, ServerLog } from './server-log.js';

export interface LogsOptions {
  /** The agent's data folder; `logs/` in it is used. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Default: segments of 8 MiB, 256 MiB and 30 days for each server, 1 MiB a second with bursts of 16 MiB. */
  readonly limits?: Partial<LogLimits>;
}

/** The logs of an agent's servers, and its own. */
export interface Logs {
  /** The log of the agent itself. */
  readonly own: ServerLog;
  /**
   * The log of a server; always the same object until it is deleted. Touches no file before it is used.
   * @throws AgentFailure `invalid_argument` for an id that is no server's.
   */
  open(serverId: string): ServerLog;
  /** Ends all readers of a server's log and deletes it. @throws AgentFailure `invalid_argument` for an id that is no server's. */
  delete(serverId: string): Promise<void>;
  /** Deletes old entries of all logs, including those of removed servers, or counts their files. Entries of the agent's own log stay for a week. */
  clean(before: number, dryRun: boolean): Promise<{ readonly files: number; readonly bytes: number }>;
  /** Writes the pending entries and closes all files. */
  close(): Promise<void>;
}

const MiB = 1024 * 1024;
const dayMs = 86_400_000;

const defaultLimits: LogLimits = {
  segmentBytes: 8 * MiB,
  totalBytes: 256 * MiB,
  maxAgeMs: 30 * dayMs,
  bytesPerSecond: MiB,
  burstBytes: 16 * MiB,
};

/** The id of the agent's own log, which is also the name of its folder. No server can have this id. */
const ownId = '_agent';
/** The least age at which the hub may delete entries of the agent's own log, milliseconds: the site finds there what the hub did. */
const ownLeastAgeMs = 7 * dayMs;
/** The time between two searches for old entries, milliseconds. */
const pruneMs = 3_600_000;

export function createLogs({ dataDir, log, limits }: LogsOptions): Logs {
  const bounds: LogLimits = { ...defaultLimits, ...limits };
  const logs = new Map<string, ServerLog>();
  const folder = join(dataDir, 'logs');
  const folderOf = (serverId: string) => {
    if (isFolderId(serverId)) return join(folder, serverId);
    throw new AgentFailure('invalid_argument', 'id is not a usable id', { field: 'id' });
  };
  keepFormerOwn(folder, log);
  const own = new ServerLog(ownId, join(folder, ownId), bounds, log);
  const pruner = setInterval(() => {
    for (const each of [own, ...logs.values()])
      each
        .prune()
        .catch((error: unknown) =>
          log.error({ event: 'server_log.not_pruned', err: error, server: each.serverId }, 'old entries stay'),
        );
  }, pruneMs).unref();
  return {
    own,
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
    async clean(before, dryRun) {
      let files = 0;
      let bytes = 0;
      // The agent must not follow a symbolic link out of its folder.
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.filter((found) => found.isDirectory())) {
        if (entry.name !== ownId && !isFolderId(entry.name)) continue;
        const cleaned = await (entry.name === ownId
          ? own.clean(Math.min(before, Date.now() - ownLeastAgeMs), dryRun)
          : this.open(entry.name).clean(before, dryRun));
        files += cleaned.files;
        bytes += cleaned.bytes;
      }
      return { files, bytes };
    },
    async close() {
      clearInterval(pruner);
      await Promise.all([own, ...logs.values()].map((found) => found.close()));
    },
  };
}

/** Moves the agent's own log of an earlier version. A server could have the id that was the name of its folder. */
function keepFormerOwn(folder: string, log: Logger): void {
  const from = join(folder, formerOwnLog);
  const to = join(folder, ownId);
  if (!existsSync(from) || existsSync(to)) return;
  try {
    renameSync(from, to);
  } catch (err) {
    log.warn({ event: 'server_log.not_moved', err }, "the agent's own log of an earlier version could not be moved");
  }
}

/** The logs' names of severities. */
const levels: Readonly<Record<Severity, string>> = { DEBUG: 'debug', INFO: 'info', WARN: 'warning', ERROR: 'error' };

/** Keeps the lines of the agent's own log with the logs of its servers. */
export function ownLines(log: LogSink): { write(line: string): void } {
  return { write: (line) => void log.append(ownEntry(line)) };
}

function ownEntry(line: string): LogEntry {
  const { severity, body, attributes } = readLogLine(line);
  return { level: levels[severity] ?? 'info', source: 'agent', message: body, metadata: attributes };
}
