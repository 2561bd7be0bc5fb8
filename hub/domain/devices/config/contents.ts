import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { unifiedDiff } from '@roundhouse/proto/work';
import { collection, remove, replace, type Store, type Write } from '../../store.js';

/** The text of a configuration that a device had: compressed and sealed, and shared by all backups and changes that refer to it. */
export interface ConfigContent {
  /** `contentId` of device and hash. */
  readonly id: string;
  readonly deviceId: string;
  readonly hash: string;
  readonly sealed: string;
  /** The size of the text, bytes. */
  readonly size: number;
  /** Grows with each reference, so that no other writer drops it at the same moment. Absent before the second. */
  readonly revision?: number;
}

export const configContents = collection<ConfigContent>('device_configs', 'configuration', {
  device: { of: (content) => content.deviceId },
});

const pack = promisify(deflate);
const unpack = promisify<Buffer | Uint8Array, Buffer>(inflate);

/** Compresses and seals a text. */
export async function sealText(store: Pick<Store, 'sealData'>, text: string): Promise<string> {
  return store.sealData(await pack(Buffer.from(text)));
}

export async function unsealText(store: Pick<Store, 'unsealData'>, sealed: string): Promise<string> {
  return (await unpack(await store.unsealData(sealed))).toString();
}

/** The writes that keep a configuration for a further reference. The store refuses them where another writer drops it meanwhile. */
export async function keepContent(store: Store, deviceId: string, hash: string, text: string): Promise<Write[]> {
  const id = contentId(deviceId, hash);
  const sealed = store.get(configContents, id)?.sealed ?? (await sealText(store, text));
  const before = store.get(configContents, id);
  return [replace(configContents, before, before ?? { id, deviceId, hash, sealed, size: Buffer.byteLength(text) })];
}

/** The size of the stored text of a configuration, bytes. The times in that text may be from another reading. */
export function sizeOf(store: Pick<Store, 'get'>, deviceId: string, hash: string): number | undefined {
  return store.get(configContents, contentId(deviceId, hash))?.size;
}

/** The text of a configuration; `undefined` where it is not kept. */
export async function contentOf(store: Store, deviceId: string, hash: string): Promise<string | undefined> {
  const content = store.get(configContents, contentId(deviceId, hash));
  return content && unsealText(store, content.sealed);
}

/**
 * The writes that drop all configurations of a device but some, by their hashes. The store refuses them where one has a further reference
 * meanwhile.
 */
export function dropContents(store: Pick<Store, 'list'>, deviceId: string, needed: ReadonlySet<string>): Write[] {
  return Array.from(store.list(configContents, { index: 'device', equals: deviceId }))
    .filter(({ hash }) => !needed.has(hash))
    .map(({ id, revision = 0 }) => remove(configContents, id, revision));
}

function contentId(deviceId: string, hash: string): string {
  return `${deviceId}:${hash}`;
}

/** Lines that change by themselves: times, headers and remarks of devices. */
const volatile =
  /^(?:!|## Last (?:changed|commit):|Current configuration ?:|ntp clock-period |(?:Building configuration\.\.\.)?$)/;

/** A unified diff of two configurations, without the parts that change by themselves; empty if they are the same. */
export function configDiff(before: string, after: string): Promise<string> {
  return unifiedDiff(stable(before), stable(after));
}

function stable(config: string): string {
  const lines = config
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => !volatile.test(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
