import { create } from '@bufbuild/protobuf';
import {
  type DeviceInfo,
  type DeviceReport,
  DeviceReportSchema,
  type DeviceSpec,
  DeviceState,
} from '@roundhouse/proto/agent/v1/device';
import type { AgentFailure } from '../../../failure.js';
import type { Pins } from '../connection.js';
import { reasonOf } from '../failure.js';
import type { Guard } from '../guards.js';

/** The known facts about a device. */
export interface Known {
  readonly spec: DeviceSpec;
  readonly state: DeviceState;
  readonly failure: AgentFailure | undefined;
  /** Milliseconds since 1970; 0 for never. */
  readonly connectedAt: number;
  readonly attempt: number;
  readonly nextMs: number;
  readonly pins: Pins;
  readonly info: DeviceInfo | undefined;
  readonly guard: Guard | undefined;
}

/** A device's observed state for the hub. */
export function makeReport(known: Known): DeviceReport {
  const { spec, state, failure, pins, guard } = known;
  const failed = state === DeviceState.ERROR ? failure : undefined;
  return create(DeviceReportSchema, {
    deviceId: spec.id,
    revision: spec.revision,
    state,
    error: failed?.message ?? '',
    errorReason: (failed && reasonOf(failed)) ?? '',
    connectedAtMs: BigInt(known.connectedAt),
    attempt: known.attempt,
    nextAttemptMs: BigInt(known.nextMs),
    hostKey: spec.hostKey || pins.hostKey,
    jumpHostKey: spec.jumpHost?.hostKey || pins.jumpHostKey,
    pinGeneration: spec.pinGeneration,
    info: known.info,
    change: guard && {
      changeId: guard.changeId,
      state: guard.state,
      hashBefore: guard.hashBefore,
      hashAfter: guard.hashAfter,
      timeMs: BigInt(guard.at),
      error: guard.error,
    },
  });
}
