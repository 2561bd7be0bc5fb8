import type { DeviceReport, DeviceState } from '../agents/fleet-devices.js';
import type { Redactor } from '../audit/redactor.js';
import { ObservedStates } from '../sited/observed.js';

/** The state of a device's connection. */
export interface DeviceObservation {
  readonly state: DeviceState;
  /** Why it is not connected, for people; empty when all is well. */
  readonly error: string;
  /** One of the reasons of `device.proto`; empty for none. */
  readonly reason: string;
  readonly attempt: number;
  /** Milliseconds since 1970; 0 for never. */
  readonly nextAttempt: number;
  readonly agentId: string;
}

export const NOT_OBSERVED: DeviceObservation = {
  state: 'disconnected',
  error: '',
  reason: '',
  attempt: 0,
  nextAttempt: 0,
  agentId: '',
};

/** Observed state of all devices, as their agents last reported it. In memory: after a restart the agents report it again. */
export class ObservedDevices extends ObservedStates<DeviceObservation> {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    super(NOT_OBSERVED);
    this.#redactor = redactor;
  }

  report(agentId: string, report: DeviceReport): void {
    const { deviceId, state, errorReason: reason, attempt, nextAttempt } = report;
    const error = this.#redactor.of(deviceId).text(report.error);
    this.set(deviceId, { state, error, reason, attempt, nextAttempt, agentId });
  }

  protected override away({ agentId }: DeviceObservation, why: string): DeviceObservation {
    return { ...NOT_OBSERVED, error: why, reason: 'agent_unreachable', agentId };
  }

  /** Resolves once a device is no longer on its way somewhere, or the time is up. */
  settled(deviceId: string, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, limitMs);
      const stop = this.onChange((id, { state }) => {
        if (id === deviceId && (state === 'connected' || state === 'error')) end();
      });
      const { state } = this.get(deviceId);
      if (state === 'connected' || state === 'error') end();
    });
  }
}

/** The states of the document: a connecting device is not connected yet. */
export function shownState({ state }: DeviceObservation): 'connected' | 'disconnected' | 'error' {
  return state === 'connecting' ? 'disconnected' : state;
}
