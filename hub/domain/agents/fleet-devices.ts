/** How to sign in at a device or a jump host; unused fields are empty. */
export interface SshLogin {
  readonly username: string;
  readonly password: string;
  /** As text: OpenSSH, PEM or PuTTY format. */
  readonly privateKey: string;
  readonly passphrase: string;
}

/** Full specification of a network device for its agent, secrets unsealed; see `DeviceSpec` in `proto/agent/v1/device.proto`. */
export interface DeviceSpec {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly connected: boolean;
  readonly onDemand: boolean;
  readonly platform: string;
  readonly hostname: string;
  readonly port: number;
  readonly credentials: SshLogin;
  readonly enablePassword: string;
  /** The pinned key's fingerprint; empty: none yet. */
  readonly hostKey: string;
  readonly pinGeneration: number;
  readonly jumpHost?: {
    readonly hostname: string;
    readonly port: number;
    readonly credentials: SshLogin;
    readonly hostKey: string;
  };
  readonly legacyAlgorithms: boolean;
  /** Milliseconds; 0 for the agent's default. */
  readonly times: {
    readonly connectMs: number;
    readonly commandMs: number;
    readonly keepaliveMs: number;
    readonly idleMs: number;
  };
}

/** One line for a device. */
export interface DeviceCommand {
  readonly text: string;
  /** Milliseconds; 0 for the device's default. */
  readonly timeoutMs: number;
  readonly structured: boolean;
  /** Answers to the device's questions, in order. */
  readonly answers: readonly string[];
}

/** A configuration change as an agent makes it; see `ApplyConfig` in `device.proto`. */
export interface ApplyConfig {
  readonly deviceId: string;
  readonly config: string;
  readonly format: string;
  readonly replace: boolean;
  readonly baseHash: string;
  readonly baseConfig: string;
  readonly changeId: string;
}

/** The hub's operations on an agent's network devices. */
export type DeviceOperation =
  | { readonly case: 'putDevice'; readonly value: { readonly device: DeviceSpec } }
  | {
      readonly case: 'removeDevice' | 'connectDevice' | 'inspectDevice';
      readonly value: { readonly deviceId: string };
    }
  | { readonly case: 'disconnectDevice'; readonly value: { readonly deviceId: string; readonly drainMs: number } }
  | {
      readonly case: 'runCommands';
      readonly value: {
        readonly deviceId: string;
        readonly commands: readonly DeviceCommand[];
        readonly allowChanges: boolean;
        readonly stopOnError: boolean;
      };
    }
  | {
      readonly case: 'getConfig';
      readonly value: { readonly deviceId: string; readonly format: string; readonly section: string };
    }
  | { readonly case: 'applyConfig'; readonly value: ApplyConfig }
  | { readonly case: 'inspectChange'; readonly value: { readonly deviceId: string; readonly changeId: string } };

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
