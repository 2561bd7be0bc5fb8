import type {
  ApplyConfig,
  DeviceTimes,
  JumpHost,
  DeviceSpec as SpecMessage,
  SshCredentials,
} from '@roundhouse/proto/agent/v1/device';
import type { Operations, Plain } from './contract.js';

/** How to sign in at a device or a jump host; unused fields are empty. */
export type SshLogin = Plain<SshCredentials>;

/** Full specification of a network device for its agent, secrets unsealed. */
export interface DeviceSpec extends Omit<Plain<SpecMessage>, 'credentials' | 'jumpHost' | 'times'> {
  readonly credentials: SshLogin;
  readonly jumpHost?: Omit<Plain<JumpHost>, 'credentials'> & { readonly credentials: SshLogin };
  /** Milliseconds; 0 for the agent's default. */
  readonly times: Plain<DeviceTimes>;
}

/** The hub's operations on an agent's network devices. */
export type DeviceOperation =
  | { readonly case: 'putDevice'; readonly value: { readonly device: DeviceSpec } }
  | { readonly case: 'applyConfig'; readonly value: Omit<Plain<ApplyConfig>, 'confirmTimeoutMs' | 'transient'> }
  | Operations<
      | 'removeDevice'
      | 'connectDevice'
      | 'inspectDevice'
      | 'disconnectDevice'
      | 'runCommands'
      | 'getConfig'
      | 'inspectChange'
    >;

export type DeviceState = 'disconnected' | 'connecting' | 'connected' | 'error';

/** A device's facts, from the device itself; unknown facts are empty. */
export interface DeviceInfo {
  readonly model: string;
  readonly serial: string;
  readonly osVersion: string;
  /** As the device prints it, at `readAt` (milliseconds since 1970). */
  readonly uptime: string;
  readonly readAt: number;
  /** The name in the device's prompt. */
  readonly hostname: string;
}

/** Where a configuration change stands, as the agent that makes it says. */
export interface ReportedChange {
  readonly changeId: string;
  readonly state: 'begun' | 'confirmed' | 'reverted' | 'restore_pending' | 'failed';
  readonly hashBefore: string;
  /** Empty where it was not read. */
  readonly hashAfter: string;
  /** When the state was reached, milliseconds since 1970. */
  readonly time: number;
  readonly error: string;
}

/** Observed state of one network device, as its agent tells it. */
export interface DeviceReport {
  readonly deviceId: string;
  readonly revision: number;
  readonly state: DeviceState;
  /** Why the state is `error`; empty otherwise. */
  readonly error: string;
  readonly errorReason: string;
  /** When the last connection was made, milliseconds since 1970; 0 for never. */
  readonly connectedAt: number;
  readonly attempt: number;
  readonly nextAttempt: number;
  readonly hostKey: string;
  readonly jumpHostKey: string;
  readonly pinGeneration: number;
  readonly info: DeviceInfo | undefined;
  /** The last configuration change, as long as the agent remembers it. */
  readonly change: ReportedChange | undefined;
}
