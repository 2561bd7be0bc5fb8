import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import type { DeviceReport, DeviceSpec, ReportedChange } from '../../../hub/domain/agents/contract.js';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { GuardedStreams } from '../../../hub/domain/agents/guarded-streams.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import type { DeviceInput } from '../../../hub/domain/devices/input.js';
import { createNetwork } from '../../../hub/domain/devices/parts.js';
import type { RightsNow } from '../../../hub/domain/people/creators.js';
import { SpecRoom } from '../../../hub/domain/sited/spec-room.js';
import type { Store } from '../../../hub/domain/store.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';
import { openTestStore } from '../store/stores.js';

export const agent: ConnectedAgent = {
  id: 'agent-1',
  name: 'agent',
  site: 'local',
  version: '0.1.0',
  platform: 'linux',
  capabilities: [],
  operations: ['putDevice'],
  connectedAt: 0,
  roundTripMs: undefined,
};

export const hashOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** An agent with devices whose configuration is a text. An error that `before` throws is the answer. */
export class ScriptedNetwork extends ScriptedFleet {
  readonly specs = new Map<string, DeviceSpec>();
  running = 'hostname a\n';
  /** The last change, as the agent remembers it. */
  change: ReportedChange | undefined;

  constructor() {
    super(agent);
  }

  protected answer(operation: Operation): Reply {
    switch (operation.case) {
      case 'putDevice':
        this.specs.set(operation.value.device.id, operation.value.device);
        return { case: 'device', value: this.report(operation.value.device.id) };
      case 'getConfig':
        return json({ config: this.running, format: 'text', hash: hashOf(this.running), retrievedAt: 1 });
      case 'applyConfig':
        return json(this.apply(operation.value.changeId, operation.value.config));
      case 'removeDevice':
        this.specs.delete(operation.value.deviceId);
        return json(null);
      case 'runCommands':
        return json({ results: [] });
      default:
        return { case: 'device', value: this.report('deviceId' in operation.value ? operation.value.deviceId : '') };
    }
  }

  /** Sets the configuration. */
  apply(changeId: string, config: string) {
    const hashBefore = hashOf(this.running);
    this.running = config;
    const hashAfter = hashOf(config);
    this.change = { changeId, state: 'confirmed', hashBefore, hashAfter, time: 1, error: '' };
    const common = { changed: hashBefore !== hashAfter, protected: true, confirmed: true, saved: true };
    return { ...common, diff: 'a diff', hashBefore, hashAfter, method: 'scripted', appliedAt: 1 };
  }

  report(deviceId: string, more: Partial<DeviceReport> = {}): DeviceReport {
    return {
      deviceId,
      revision: 1,
      state: 'connected',
      error: '',
      errorReason: '',
      connectedAt: 1000,
      attempt: 0,
      nextAttempt: 0,
      hostKey: 'SHA256:first',
      jumpHostKey: '',
      pinGeneration: this.specs.get(deviceId)?.pinGeneration ?? 0,
      info: undefined,
      change: this.change,
      ...more,
    };
  }

  told(name: Operation['case']): number {
    return this.asked.filter((operation) => operation.case === name).length;
  }
}

export const input: DeviceInput = {
  name: 'edge-1',
  type: 'cisco_ios',
  hostname: '192.0.2.1',
  credentials: { username: 'admin', password: 'a password of edge-1' },
};

/** Devices over a real store and a scripted agent. */
export async function rig(t: Test) {
  const { store } = await openTestStore(t);
  const fleet = new ScriptedNetwork();
  return { store, fleet, ...(await start(t, store, fleet)) };
}

/** The device domain of a hub after a start over a store. */
export async function start(t: Test, store: Store, fleet: ScriptedNetwork, rightsNow: RightsNow = (caller) => caller) {
  const agents = { list: () => [{ record: { id: agent.id, site: agent.site }, connection: agent }] };
  const network = await createNetwork({
    store,
    agents: agents as unknown as Agents,
    room: new SpecRoom(),
    rightsNow,
    streams: new GuardedStreams(store, { now: rightsNow, whileRunning: rightsNow }, []),
    redactor: new Redactor(),
    fleet: () => fleet,
    onError: (error) => t.fail(String(error)),
  });
  return {
    network,
    put: (config: string) =>
      network.configs.put(SYSTEM, 'edge-1', { config, format: 'text', replace: true, commit: true }),
  };
}
