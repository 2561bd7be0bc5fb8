import { collection, type Store } from '../store.js';
import { unsealText } from './contents.js';
import type { ConfigFormat } from './record.js';

/** A configuration that waits for its commit: the device does not have it yet. One for each device. */
export interface CandidateRecord {
  /** The device's id. */
  readonly id: string;
  /** JSON of {@link CandidateTexts}, compressed. */
  readonly sealed: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  /** The hash of the configuration that it was made from: it is committed only over that configuration. */
  readonly baseHash: string;
  /** The caller who put it last. */
  readonly owner: { readonly id: string; readonly name: string } | null;
  /** The backup that it was restored from. */
  readonly backupId: string | null;
  /** How often something was put into it. */
  readonly parts: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly revision: number;
}

export interface CandidateTexts {
  readonly config: string;
  /** The configuration of {@link CandidateRecord.baseHash}. */
  readonly base: string;
}

export const candidateRecords = collection<CandidateRecord>('device_candidates', 'candidate');

export async function candidateTexts(
  store: Pick<Store, 'unsealData'>,
  { sealed }: CandidateRecord,
): Promise<CandidateTexts> {
  return JSON.parse(await unsealText(store, sealed)) as CandidateTexts;
}
