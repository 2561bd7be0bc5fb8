import type { Test } from 'tap';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { Jobs } from '../../../hub/domain/jobs/jobs.js';
import { defaultJobSettings, type JobKind, type JobSettings } from '../../../hub/domain/jobs/kind.js';
import { isOver, type JobRecord, jobRecords } from '../../../hub/domain/jobs/record.js';
import { JobWriter } from '../../../hub/domain/jobs/writer.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import type { Store } from '../../../hub/domain/store.js';

/** An engine over a store, not started yet. */
export function engine(t: Test, store: Store, kinds: readonly JobKind[], settings: Partial<JobSettings> = {}) {
  const creators = { now: () => null } as never;
  const registry = new ServerRegistry(store);
  const writer = new JobWriter(store, new Redactor());
  const all = { ...defaultJobSettings, ...settings };
  const jobs = new Jobs({
    store,
    writer,
    creators,
    registry,
    settings: all,
    onError: (error) => t.fail(String(error)),
  });
  for (const kind of kinds) jobs.define(kind);
  t.teardown(() => jobs.close());
  return jobs;
}

/** Resolves once a job is over. */
export function over(store: Store, id: string): Promise<JobRecord> {
  return new Promise((resolve) => {
    const look = () => {
      const record = store.get(jobRecords, id);
      if (record && isOver(record)) resolve(record);
      return record && isOver(record);
    };
    if (look()) return;
    const stop = store.observe(() => {
      if (look()) stop();
    });
  });
}

/** A kind whose jobs wait until they are let go, and which counts them. */
export function gated(name: string, afterRestart: JobKind['afterRestart'] = 'continue') {
  const gate = { running: 0, most: 0, begun: [] as string[], open: () => {} };
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  const kind: JobKind = {
    name,
    afterRestart,
    permission: 'server.operate',
    async run({ record, signal }) {
      gate.begun.push(String(record.params.n));
      gate.running += 1;
      gate.most = Math.max(gate.most, gate.running);
      const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      await Promise.race([opened, aborted]).finally(() => {
        gate.running -= 1;
      });
    },
  };
  return { gate, kind };
}
