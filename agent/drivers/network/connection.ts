import type { DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import type { Cancellation } from '../../cancellation.js';
import { type DevicePolicy, judgeAddresses } from './policy.js';
import { endpoints, platformOf, timesOf } from './spec.js';
import { type Dialled, dial } from './ssh/dial.js';
import { type LineJudge, type RunOptions, Session, type Work } from './ssh/session.js';

/** The pinned fingerprints; empty if none is pinned. */
export interface Pins {
  readonly hostKey: string;
  readonly jumpHostKey: string;
}

/** A device's command line, ready for commands, with the SSH connection below it. */
export class Connection {
  readonly connectedAt = Date.now();
  /** Resolves once the connection is closed; never rejects. */
  readonly closed: Promise<void>;

  private constructor(
    readonly session: Session,
    private readonly dialled: Dialled,
  ) {
    this.closed = dialled.closed;
  }

  /**
   * Dials a device, if the site's policy allows its addresses.
   * @throws AgentFailure with a reason for connecting (`device.proto`); `policy`; the signal's reason.
   */
  static async open(spec: DeviceSpec, policy: DevicePolicy, pins: Pins, signal: Cancellation): Promise<Connection> {
    judgeAddresses(policy, spec);
    const { dialect } = platformOf(spec);
    const { connectMs, keepaliveMs } = timesOf(spec);
    const until = performance.now() + connectMs;
    const { target, jump } = endpoints(spec, pins);
    const dialled = await dial(target, jump, { timeoutMs: connectMs, keepaliveMs, signal });
    try {
      const timeoutMs = Math.max(1, until - performance.now());
      const { enablePassword } = spec;
      const session = await Session.open(dialled.client, dialect, { enablePassword, timeoutMs, signal });
      return new Connection(session, dialled);
    } catch (error) {
      dialled.close();
      throw error;
    }
  }

  /** The fingerprints that are pinned from now on. */
  get pins(): Pins {
    return { hostKey: this.dialled.hostKey, jumpHostKey: this.dialled.jumpHostKey };
  }

  get isOpen(): boolean {
    return this.session.isOpen;
  }

  /** @param judge judges each line that the work types; a procedure cannot leave it out */
  work(options: RunOptions, judge: LineJudge): Work {
    return { session: this.session, client: this.dialled.client, options: { ...options, judge } };
  }

  close(): void {
    this.session.close();
    this.dialled.close();
  }
}

/** A registration with the pinned fingerprints. */
export function withPins(spec: DeviceSpec, { hostKey, jumpHostKey }: Pins): DeviceSpec {
  const { jumpHost } = spec;
  return { ...spec, hostKey, jumpHost: jumpHost && { ...jumpHost, hostKey: jumpHostKey } };
}
