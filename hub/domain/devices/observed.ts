import type { DeviceReport, DeviceState } from '../agents/fleet-devices.js';
import type { Redactor } from '../audit/redactor.js';

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

/** Called after an observation changed. */
export type DeviceListener = (deviceId: string, now: DeviceObservation, before: DeviceObservation) => void;

/** Observed state of all devices, as their agents last reported it. In memory: after a restart the agents report it again. */
export class ObservedDevices {
  readonly #byId = new Map<string, DeviceObservation>();
  readonly #listeners = new Set<DeviceListener>();
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  get(deviceId: string): DeviceObservation {
    return this.#byId.get(deviceId) ?? NOT_OBSERVED;
  }

  report(agentId: string, report: DeviceReport): void {
    const { deviceId, state, errorReason: reason, attempt, nextAttempt } = report;
    const error = this.#redactor.of(deviceId).text(report.error);
    this.#set(deviceId, { state, error, reason, attempt, nextAttempt, agentId });
  }

  /** The agent is away: the hub reaches nothing at it, even if devices are still connected there. */
  agentLost(agentId: string, why: string): void {
    for (const [deviceId, before] of this.#byId) {
      if (before.agentId !== agentId) continue;
      this.#set(deviceId, { ...NOT_OBSERVED, error: why, reason: 'agent_unreachable', agentId });
    }
  }

  forget(deviceId: string): void {
    this.#byId.delete(deviceId);
  }

  /** Returns the way to stop. */
  onChange(listener: DeviceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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

  #set(deviceId: string, now: DeviceObservation): void {
    const before = this.get(deviceId);
    this.#byId.set(deviceId, now);
    for (const listener of this.#listeners) listener(deviceId, now, before);
  }
}

/** The states of the document: a connecting device is not connected yet. */
export function shownState({ state }: DeviceObservation): 'connected' | 'disconnected' | 'error' {
  return state === 'connecting' ? 'disconnected' : state;
}
