import { create } from '@bufbuild/protobuf';
import {
  type DeviceSpec,
  type JumpHost,
  type SshCredentials,
  SshCredentialsSchema,
} from '@roundhouse/proto/agent/v1/device';
import { AgentFailure } from '../../failure.js';
import { hostUrl } from '../net/host-url.js';
import type { Platform } from './platforms/platform.js';
import { platforms } from './platforms/table.js';
import type { Endpoint } from './ssh/dial.js';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const maxTextBytes = 64 * 1024;

/** The time limits for one device, milliseconds. */
export interface Times {
  readonly connectMs: number;
  readonly commandMs: number;
  readonly keepaliveMs: number;
  readonly idleMs: number;
}

/** @throws AgentFailure `invalid_argument` naming the field. */
export function checkSpec(spec: DeviceSpec): void {
  checkId(spec);
  const { platform, credentials, jumpHost } = spec;
  if (!platforms.has(platform)) {
    throw wrong('platform', `'${platform}' is not known here; known: ${[...platforms.keys()].join(', ')}`);
  }
  checkAddresses(spec);
  checkCredentials('credentials', credentials);
  if (jumpHost !== undefined) checkCredentials('jumpHost.credentials', jumpHost.credentials);
}

/** @throws AgentFailure `invalid_argument` naming the field whose text is no host, or whose port is out of range. */
export function checkAddresses({ hostname, port, jumpHost }: DeviceSpec): void {
  checkAddress('', hostname, port);
  if (jumpHost !== undefined) checkAddress('jumpHost.', jumpHost.hostname, jumpHost.port);
}

/** The id becomes a file name. @throws AgentFailure `invalid_argument`. */
export function checkId({ id }: Pick<DeviceSpec, 'id'>): void {
  if (!idPattern.test(id)) throw wrong('id', 'expected 1 to 128 letters, digits, dashes or underscores');
}

/** The addresses of a device, and the credentials there. `pins`: the pinned fingerprints, used if the registration has none. */
export function endpoints(
  spec: DeviceSpec,
  pins: { readonly hostKey: string; readonly jumpHostKey: string },
): { readonly target: Endpoint; readonly jump: Endpoint | undefined } {
  const { legacyAlgorithms: legacy } = spec;
  const of = (host: Pick<JumpHost, 'hostname' | 'port' | 'credentials'>, hostKey: string): Endpoint => ({
    hostname: host.hostname,
    port: host.port || 22,
    credentials: host.credentials ?? create(SshCredentialsSchema),
    hostKey,
    legacy,
  });
  const { jumpHost } = spec;
  return {
    target: of(spec, spec.hostKey || pins.hostKey),
    jump: jumpHost === undefined ? undefined : of(jumpHost, jumpHost.hostKey || pins.jumpHostKey),
  };
}

export function timesOf({ times }: DeviceSpec): Times {
  return {
    connectMs: times?.connectMs || 30_000,
    commandMs: times?.commandMs || 60_000,
    keepaliveMs: times?.keepaliveMs || 30_000,
    idleMs: times?.idleMs || 300_000,
  };
}

/** A key of all fields that a connection depends on. If it changes, the agent needs another connection. */
export function connectionKey(spec: DeviceSpec): string {
  const { platform, hostname, port, credentials, enablePassword, jumpHost, legacyAlgorithms, pinGeneration } = spec;
  const account = (of: SshCredentials | undefined): unknown[] => [
    of?.username,
    of?.password,
    of?.privateKey,
    of?.passphrase,
  ];
  const jump = jumpHost && [jumpHost.hostname, jumpHost.port, account(jumpHost.credentials), pinGeneration];
  const { keepaliveMs } = timesOf(spec);
  return JSON.stringify([
    [platform, hostname, port, account(credentials), enablePassword],
    [jump, legacyAlgorithms, pinGeneration, keepaliveMs],
  ]);
}

/** A key of the platform and the addresses of a device. A registration with another key names another device. */
export function addressKey({ platform, hostname, port, jumpHost }: DeviceSpec): string {
  const at = (host: Pick<JumpHost, 'hostname' | 'port'>) => [host.hostname.toLowerCase(), host.port || 22];
  return JSON.stringify([platform, at({ hostname, port }), jumpHost ? at(jumpHost) : []]);
}

/** @throws AgentFailure `unimplemented` if this agent does not know the platform. */
export function platformOf({ platform: name }: DeviceSpec): Platform {
  const platform = platforms.get(name);
  if (platform) return platform;
  throw new AgentFailure('unimplemented', `this agent does not know the platform '${name}'`);
}

/** The address that the site's policy judges; `undefined` for a text that is no host. */
export function sshUrl(hostname: string, port: number): string | undefined {
  return hostUrl('ssh', hostname, port || 22);
}

function checkAddress(prefix: string, hostname: string, port: number): void {
  if (sshUrl(hostname, port) === undefined) throw wrong(`${prefix}hostname`, 'expected a host name or an address');
  if (port > 65_535) throw wrong(`${prefix}port`, 'expected a number up to 65535');
}

function checkCredentials(field: string, credentials: SshCredentials | undefined): void {
  const { username = '', password = '', privateKey = '' } = credentials ?? {};
  if (!/^[^\p{C}]{1,256}$/u.test(username)) throw wrong(`${field}.username`, 'expected 1 to 256 printable characters');
  if (password.length > 4096) throw wrong(`${field}.password`, 'longer than 4096 characters');
  if (privateKey.length > maxTextBytes) throw wrong(`${field}.privateKey`, `longer than ${maxTextBytes} characters`);
}

function wrong(field: string, problem: string): AgentFailure {
  return new AgentFailure('invalid_argument', `${field}: ${problem}`, { field });
}

/** The resources that an agent's devices may take; times in milliseconds. */
export interface NetworkLimits {
  /** Connections that are open at once. */
  readonly connections: number;
  /** Commands, reads and changes that wait for one device. */
  readonly queue: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** The pause after a failure that only a person can repair: a further attempt might lock the account. */
  readonly hopelessMs: number;
  /** How long the agent tries to take back a change whose confirmation failed. After that, it does so once the device can be reached. */
  readonly takeBackMs: number;
}

export const defaultLimits: NetworkLimits = {
  connections: 1000,
  queue: 100,
  backoffFirstMs: 1_000,
  backoffMaxMs: 60_000,
  hopelessMs: 600_000,
  takeBackMs: 30_000,
};
