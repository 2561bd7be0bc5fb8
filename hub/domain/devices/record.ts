import { type EventType, newEvent } from '../events/types.js';
import { isoNow } from '../moments.js';
import { specBytes } from '../sited/spec-room.js';
import { collection, type NewEvent } from '../store.js';

/** The platforms that the hub knows (`seeds/001`, "Network Module API"; `frr` is an extension), and the formats that each takes configurations in. */
export const platforms = {
  cisco_ios: { writes: ['text'] },
  cisco_nxos: { writes: ['text'] },
  juniper_junos: { writes: ['text', 'set', 'json', 'xml'] },
  frr: { writes: ['text'] },
} as const satisfies Record<string, { readonly writes: readonly ConfigFormat[] }>;
export type DeviceType = keyof typeof platforms;
export const deviceTypes = Object.keys(platforms) as DeviceType[];

/** `set` is a format of Junos, and an extension of the document. */
export const configFormats = ['text', 'set', 'json', 'xml'] as const;
export type ConfigFormat = (typeof configFormats)[number];

/** Registration and desired state of a network device. */
export interface DeviceRecord {
  readonly id: string;
  readonly name: string;
  readonly type: DeviceType;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly jumpHost: { readonly hostname: string; readonly port: number; readonly username: string } | null;
  /** JSON of `DeviceSecrets`. */
  readonly sealedSecrets: string;
  readonly options: ConnectionOptions;
  /** Host keys that are valid from `pinGeneration` on; empty: the hub pins the first key that it sees. */
  readonly hostKey: string;
  readonly jumpHostKey: string;
  /** Grows whenever the hub forgets the pinned keys. */
  readonly pinGeneration: number;
  readonly tags: readonly string[];
  /** Desired state: whether it should be connected. */
  readonly wanted: boolean;
  readonly site: string;
  /** The agent that it is pinned to. */
  readonly agentId: string;
  /** The payer (`payerOf`) whose share of the agent's room it takes; absent for a caller with role admin, and devices of earlier versions. */
  readonly countedAs?: string;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ConnectionOptions {
  /** From dialling to the first prompt, milliseconds; 0 for the agent's default. */
  readonly timeoutMs: number;
  /** Between two signs of life, milliseconds; 0 for the agent's default. */
  readonly keepaliveMs: number;
  /** Connects as soon as it is registered, and before any command. Otherwise it connects only when a client asks. */
  readonly autoConnect: boolean;
  /** Allows the algorithms of devices of the early 2000s, too: SHA-1 key exchange, ssh-rsa, CBC. */
  readonly legacyAlgorithms: boolean;
}

export const deviceRecords = collection<DeviceRecord>(
  'devices',
  'device',
  {
    name: { of: (device) => device.name.toLowerCase(), unique: true },
    agent: { of: (device) => device.agentId },
  },
  { sealed: ({ id, sealedSecrets }) => ({ text: sealedSecrets, scope: id }) },
);

/** The size of a device's specification. */
export function deviceSpecBytes(device: DeviceRecord): number {
  const { hostname, username, jumpHost, hostKey, jumpHostKey, sealedSecrets } = device;
  return specBytes({ hostname, username, jumpHost, hostKey, jumpHostKey }, sealedSecrets);
}

/** An event about a device. `data` holds no secret, and nothing of its configuration. */
export function deviceEvent(
  type: EventType,
  { id, name, site, type: platform }: DeviceRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  const timestamp = isoNow();
  return newEvent(type, { deviceId: id, deviceName: name, deviceType: platform, site, ...data, timestamp });
}
