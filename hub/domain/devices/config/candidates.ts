import type { RequestOrigin } from '../../access/caller.js';
import { changeAudit } from '../../audit/audit.js';
import { invalid } from '../../errors.js';
import { put, remove, type Store } from '../../store.js';
import { configError } from '../failure.js';
import type { ConfigFormat, DeviceRecord } from '../record.js';
import { configDiff, sealText } from './contents.js';
import type { ConfigReader } from './reader.js';
import { type CandidateRecord, type CandidateTexts, candidateRecords, candidateTexts } from './records.js';

/** The input of a candidate. */
export interface CandidateInput {
  readonly config: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  readonly backupId?: string;
}

/** A candidate with its texts. */
export interface CandidateView extends CandidateTexts {
  readonly record: CandidateRecord;
  /** The difference that it would make; `null` if only the device can tell. */
  readonly diff: string | null;
}

/** The largest candidate, bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The candidates of all devices: the hub keeps them, and the devices know nothing of them until they are committed. */
export class Candidates {
  readonly #store: Store;
  readonly #reader: ConfigReader;

  constructor(store: Store, reader: ConfigReader) {
    this.#store = store;
    this.#reader = reader;
  }

  record(device: DeviceRecord): CandidateRecord | undefined {
    return this.#store.get(candidateRecords, device.id);
  }

  /** @throws DomainError `device_config_failed` (`no_candidate`). */
  async get(device: DeviceRecord): Promise<CandidateView> {
    const record = this.record(device);
    if (!record) throw configError('no_candidate', `device '${device.name}' has no candidate configuration`);
    return view(record, await candidateTexts(this.#store, record));
  }

  /**
   * Puts a configuration into the candidate: replaces its text, or adds to a text that is to be merged, as in a candidate on the device.
   * @throws DomainError `device_unreachable`, `device_config_failed` (`candidate_mixed`: the two cannot be joined), `conflict`.
   */
  async put(origin: RequestOrigin, device: DeviceRecord, input: CandidateInput): Promise<CandidateView> {
    const before = this.record(device);
    const joined = before && !input.replace ? await this.#joined(before, input) : undefined;
    const running = joined ? undefined : await this.#reader.running(device, undefined);
    const texts = joined ?? { config: input.config, base: running?.text ?? '' };
    if (Buffer.byteLength(texts.config) > MAX_BYTES) throw invalid('config', `must have at most ${MAX_BYTES} bytes`);
    const now = Date.now();
    const { caller } = origin;
    const record: CandidateRecord = {
      id: device.id,
      sealed: await sealText(this.#store, JSON.stringify(texts)),
      format: input.format,
      replace: input.replace,
      baseHash: joined && before ? before.baseHash : (running?.hash ?? ''),
      owner: caller && { id: caller.id, name: caller.name },
      backupId: input.backupId ?? null,
      parts: joined && before ? before.parts + 1 : 1,
      createdAt: joined && before ? before.createdAt : now,
      updatedAt: now,
      // A client drops the candidate and makes a new one: the new one needs another revision, so that a commit of the old one fails.
      revision: Math.max(now, (before?.revision ?? 0) + 1),
    };
    const { format, replace, baseHash, parts } = record;
    const details = { name: device.name, format, replace, baseHash, parts };
    const audit = changeAudit(origin, 'device.config.candidate', { type: 'device', id: device.id }, details);
    await this.#store.apply({
      by: origin.caller,
      writes: [put(candidateRecords, record, before?.revision ?? 'absent'), audit],
    });
    return view(record, texts);
  }

  /**
   * Drops the candidate, if there is one.
   * @param expected its revision, `null` for no candidate; absent: any
   * @throws DomainError `device_config_failed` (`candidate_changed`: there is another candidate, or none).
   */
  async drop(
    origin: RequestOrigin,
    device: DeviceRecord,
    expected?: number | null,
  ): Promise<CandidateRecord | undefined> {
    const record = this.record(device);
    if (expected !== undefined && expected !== (record?.revision ?? null))
      throw configError('candidate_changed', `the candidate of device '${device.name}' is not the expected one`, {
        outcome: 'not_run',
      });
    if (!record) return undefined;
    const details = { name: device.name, candidate: true };
    const audit = changeAudit(origin, 'device.config.rollback', { type: 'device', id: device.id }, details);
    await this.#store.apply({
      by: origin.caller,
      writes: [remove(candidateRecords, device.id, record.revision), audit],
    });
    return record;
  }

  async #joined(before: CandidateRecord, { config, format }: CandidateInput): Promise<CandidateTexts> {
    const mixed = (why: string) =>
      configError('candidate_mixed', `${why}: commit the candidate or roll it back first, or replace it`, {
        format: before.format,
        replace: before.replace,
        outcome: 'not_run',
      });
    if (before.replace) throw mixed('nothing can be merged into a candidate that replaces the whole configuration');
    if (before.format !== format) throw mixed(`the candidate is in the format ${before.format}`);
    if (format === 'json' || format === 'xml') throw mixed(`two documents of ${format} cannot be joined`);
    const texts = await candidateTexts(this.#store, before);
    return { ...texts, config: `${texts.config.replace(/(?<!\n)\n*$/, '\n')}${config}` };
  }
}

async function view(record: CandidateRecord, texts: CandidateTexts): Promise<CandidateView> {
  const known = record.replace && record.format === 'text';
  return { record, ...texts, diff: known ? await configDiff(texts.base, texts.config) : null };
}
