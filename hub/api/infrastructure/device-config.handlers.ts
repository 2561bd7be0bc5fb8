import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { BackupRecord } from '../../domain/devices/backup-record.js';
import type { CandidateView } from '../../domain/devices/candidates.js';
import type { DeviceChange } from '../../domain/devices/change-record.js';
import type { MadeChange } from '../../domain/devices/changes.js';
import type { PutOutcome } from '../../domain/devices/configs.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import type { Handlers } from '../../http/endpoint.js';
import { backupList, changeList, type deviceConfigEndpoints } from './device-config.js';
import { pageReply } from './listing.js';
import { originOf } from './origin.js';

export function deviceConfigHandlers({ network }: Domain): Handlers<typeof deviceConfigEndpoints> {
  return {
    async getConfig({ params, query }, context) {
      const read = await network.configs.read(originOf(context), params.device_id, query, context.signal);
      const { config, format, hash, retrievedAt } = read;
      return { config, format, retrieved_at: isoTime(retrievedAt), ...(hash === undefined ? {} : { hash }) };
    },

    async putConfig({ params, body }, context) {
      const outcome = await network.configs.put(originOf(context), params.device_id, body);
      const what = outcome.committed ? 'Configuration' : 'Candidate configuration';
      return { message: `${what} updated successfully`, updated_at: now(), details: detailsOf(outcome) };
    },

    async commitConfig({ params }, context) {
      const made = await network.configs.commit(originOf(context), params.device_id);
      return { message: 'Configuration committed successfully', committed_at: now(), details: detailsOfChange(made) };
    },

    async rollbackConfig({ params }, context) {
      const outcome = await network.configs.rollback(originOf(context), params.device_id);
      const details =
        'dropped' in outcome ? { diff: '', committed: false, dropped_candidate: true } : detailsOfChange(outcome);
      return { message: 'Configuration rolled back successfully', rolled_back_at: now(), details };
    },

    async backupConfig({ params, body }, context) {
      const made = await network.backups.make(originOf(context), params.device_id, body.description, context.signal);
      const { backup, previous, diff } = made;
      const changed = previous?.hash !== backup.hash;
      return { ...renderBackup(backup), details: { diff, previous_backup_id: previous?.id ?? null, changed } };
    },

    async listBackups({ params, query }, context) {
      const asked = backupList.read(query);
      const page = await pageOf(network.backups.source(originOf(context), params.device_id), backupList.fields, asked);
      return pageReply(asked, page, (backup) => ({ ...renderBackup(backup), by: backup.by?.name ?? null }));
    },

    async restoreConfig({ params, body }, context) {
      const wanted = { backupId: body.backup_id, commit: body.commit };
      const outcome = await network.configs.restore(originOf(context), params.device_id, wanted);
      return { message: 'Configuration restored successfully', restored_at: now(), details: detailsOf(outcome) };
    },

    async getBackup({ params }, context) {
      const { backup, config } = await network.backups.get(originOf(context), params.device_id, params.backup_id);
      return { ...renderBackup(backup), by: backup.by?.name ?? null, config };
    },

    async deleteBackup({ params }, context) {
      await network.backups.delete(originOf(context), params.device_id, params.backup_id);
      return { message: 'Backup successfully deleted' };
    },

    async getCandidate({ params }, context) {
      const { record, config, diff } = await network.configs.candidate(originOf(context), params.device_id);
      const { format, replace, baseHash, owner, parts, createdAt, updatedAt } = record;
      return {
        config,
        format,
        replace,
        base_hash: baseHash,
        owner: owner?.name ?? null,
        parts,
        created_at: isoTime(createdAt),
        updated_at: isoTime(updatedAt),
        age: Math.floor((Date.now() - createdAt) / 1000),
        diff,
      };
    },

    async listChanges({ params, query }, context) {
      const asked = changeList.read(query);
      const page = await pageOf(network.configs.changes(originOf(context), params.device_id), changeList.fields, asked);
      const diffs = new Map<string, string>();
      for (const change of page.items) diffs.set(change.id, await network.configs.diff(change));
      return pageReply(asked, page, (change) => renderChange(change, diffs.get(change.id) ?? ''));
    },
  };
}

function now(): string {
  return isoTime(Date.now());
}

function detailsOf(outcome: PutOutcome) {
  return outcome.committed ? detailsOfChange(outcome) : detailsOfCandidate(outcome);
}

function detailsOfCandidate({ record, diff }: CandidateView) {
  return { diff, committed: false, base_hash: record.baseHash };
}

function detailsOfChange({ change, diff }: MadeChange) {
  const { id, changed, protected: wasProtected, saved, method, hashBefore, hashAfter } = change;
  return {
    diff,
    committed: true,
    changed: changed ?? diff !== '',
    protected: wasProtected,
    saved,
    method,
    change_id: id,
    hash: hashAfter,
    base_hash: hashBefore,
  };
}

function renderBackup({ id, description, createdAt, size, version, hash }: BackupRecord) {
  return { backup_id: id, description, created_at: isoTime(createdAt), size, version, hash };
}

function renderChange(change: DeviceChange, diff: string) {
  const { id, kind, state, by, replace, format, changed, saved, method, error, backupId, undoes } = change;
  return {
    change_id: id,
    kind,
    state,
    by: by?.name ?? null,
    replace,
    format,
    changed,
    protected: change.protected,
    saved,
    method,
    hash_before: change.hashBefore,
    hash_after: change.hashAfter,
    diff,
    error,
    backup_id: backupId,
    undoes,
    created_at: isoTime(change.createdAt),
    ended_at: isoTimeOrNull(change.endedAt ?? undefined),
  };
}
