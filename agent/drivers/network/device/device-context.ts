import type { DeviceReport, DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import type { Logger } from 'pino';
import type { Guards } from '../guards.js';
import type { NetworkLimits } from '../limits.js';
import type { Places } from './places.js';

/** Parts that all devices of an agent share. */
export interface DeviceContext {
  readonly limits: NetworkLimits;
  readonly places: Places;
  readonly guards: Guards;
  readonly log: Logger;
  /** Told of every change of a device's observed state. */
  onReport(report: DeviceReport): void;
  /** Told of a key that was pinned. */
  onPinned(spec: DeviceSpec): void;
}
