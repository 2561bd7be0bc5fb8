import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { endAll } from './end.js';
import {
  boot,
  bootOf,
  hasTable,
  machineRun,
  ownStart,
  type ProcessEntry,
  processesSince,
  startOf,
  stillRuns,
} from './table.js';

/** The time that processes of an earlier agent get to end, milliseconds. */
const patience = { term: 2000, kill: 5000 } as const;

/** The first line of a record: the process of the agent that wrote it. */
interface Author {
  readonly machine: string;
  readonly pid: number;
  readonly start: number;
}

/** Records that this agent keeps. */
const records = new Set<string>();

/**
 * Records this run of the agent and the processes that it starts, in a file of the data folder. If this agent is killed, the next agent ends
 * the processes that are left. Call it before the first process is started, and `close` after the last one has ended.
 */
export function keepRecord(dataDir: string, log: Logger): { close(): void } {
  const folder = join(dataDir, 'run');
  const file = join(folder, boot);
  const author: Author = { machine: machineRun(), pid: process.pid, start: ownStart };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(author)}\n`, { mode: 0o600 });
    records.add(file);
  } catch (error) {
    log.error(
      { event: 'process.record_failed', err: error, file },
      'if this agent is killed, the next one cannot find all processes that are left',
    );
  }
  return {
    close() {
      records.delete(file);
      rmSync(file, { force: true });
    },
  };
}

/** Records a process that was started. The next agent also finds it by its marker, unless it clears its environment. */
export function noteStarted(pid: number): void {
  if (records.size === 0) return;
  const line = `${pid} ${startOf(pid) ?? 0}\n`;
  for (const file of records) {
    try {
      appendFileSync(file, line);
    } catch {
      // The next agent finds the process by its marker only.
    }
  }
}

/**
 * Ends the processes of earlier runs of the agent: processes with the marker of such a run, and the groups and sessions of processes whose
 * id and start time the run noted.
 */
export async function endOrphans(dataDir: string, log: Logger): Promise<void> {
  const folder = join(dataDir, 'run');
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (name === boot) continue;
    try {
      const [first = '', ...lines] = (await readFile(join(folder, name), 'utf8')).split('\n');
      const author = JSON.parse(first) as Author;
      if (hasTable && author.machine === machineRun()) {
        // The record belongs to another agent that still runs.
        if (stillRuns(author)) continue;
        const ended = await endAll(() => leftBy(name, author, lines), patience);
        if (ended > 0)
          log.warn(
            { event: 'process.orphans_ended', processes: ended },
            'ended processes that an earlier agent had left',
          );
      }
    } catch (error) {
      log.warn(
        { event: 'process.record_unreadable', err: error, file: name },
        'the record of an earlier agent cannot be read',
      );
    }
    await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

async function leftBy(run: string, author: Author, lines: readonly string[]): Promise<ProcessEntry[]> {
  const noted = new Set(lines);
  const all = await processesSince(author.start);
  const leaders = new Set(all.filter(({ pid, start }) => noted.has(`${pid} ${start}`)).map(({ pid }) => pid));
  return all.filter(
    ({ marker, group, session }) => bootOf(marker) === run || leaders.has(group) || leaders.has(session),
  );
}
