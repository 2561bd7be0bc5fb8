import type { Test } from 'tap';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import type { ClusterConnection } from '../../../hub/domain/agents/contract.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { GuardedStreams } from '../../../hub/domain/agents/guarded-streams.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { defaultClusterSettings } from '../../../hub/domain/clusters/clusters.js';
import { createKubernetes } from '../../../hub/domain/clusters/parts.js';
import { clusterRecords } from '../../../hub/domain/clusters/record.js';
import { DomainError } from '../../../hub/domain/errors.js';
import type { Store } from '../../../hub/domain/store.js';
import { tempFolder } from '../../temp-folder.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';
import { openTestStore } from '../store/stores.js';

export const agent: ConnectedAgent = {
  id: 'agent-1',
  name: 'agent',
  site: 'local',
  version: '0.1.0',
  platform: 'linux',
  capabilities: [],
  operations: ['checkCluster'],
  connectedAt: 0,
  roundTripMs: undefined,
};

export const TOKEN = 'a-token-of-the-tests-0001';

export const endpoint = { host: 'https://192.0.2.1:6443', token: TOKEN };

/** A kubeconfig with two contexts, one of which has a client's key. */
export const kubeconfig = `apiVersion: v1
kind: Config
clusters:
  - name: one
    cluster: { server: 'https://192.0.2.7:6443' }
users:
  - name: alice
    user: { token: a-token-of-alice-000001 }
  - name: bob
    user: { username: bob, password: a-password-of-bob, client-key-data: ${Buffer.from('the key of bob is this').toString('base64')} }
contexts:
  - name: as-alice
    context: { cluster: one, user: alice }
  - name: as-bob
    context: { cluster: one, user: bob }
current-context: as-alice
`;

/** The facts that a cluster reports. */
export const info = {
  version: 'v1.31.2',
  platform: 'linux/amd64',
  nodesCount: 1,
  namespacesCount: 4,
  podsCount: 9,
  nodes: [{ name: 'n1', status: 'Ready', roles: ['control-plane'], version: 'v1.31.2', cpu: '4', memory: '8Gi' }],
  forbidden: [],
};

/** An agent with one cluster. The test sets its answers. */
export class ScriptedCluster extends ScriptedFleet {
  /** The answers, by operation. */
  readonly answers = new Map<string, unknown>([['checkCluster', info]]);
  readonly options: CommandOptions[] = [];
  /** The chunks of a stream. */
  chunks: readonly string[] = [];
  /** How many of them were taken. */
  taken = 0;
  cancelled = '';

  constructor() {
    super(agent);
  }

  protected answer(operation: Operation): Reply {
    return json(this.answers.get(operation.case));
  }

  override execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    this.options.push(options);
    return super.execute(agentId, operation, options);
  }

  override async open(_agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    this.asked.push(operation);
    this.options.push(options);
    await this.before(operation, options);
    const iterate = async function* (this: ScriptedCluster) {
      for (const chunk of this.chunks) {
        this.taken += 1;
        yield Buffer.from(chunk);
      }
    }.bind(this);
    return {
      [Symbol.asyncIterator]: iterate,
      cancel: (reason) => {
        this.cancelled = reason;
      },
    };
  }

  /** The operations that the agent got, without checks. */
  get work(): Operation[] {
    return this.asked.filter((operation) => operation.case !== 'checkCluster');
  }

  /** The connection that came with the last operation. */
  get connection(): ClusterConnection {
    const value = this.asked.at(-1)?.value as { readonly cluster: ClusterConnection } | undefined;
    if (!value) throw new Error('nothing was asked');
    return value.cluster;
  }
}

/** Makes the next operations fail with an agent's error. */
export function failing(code: DomainError['code'], reason: string, message: string, details: object = {}) {
  return () => {
    throw new DomainError(code, message, { ...details, reason });
  };
}

/** Clusters over a real store and a scripted agent. */
export async function rig(t: Test) {
  const redactor = new Redactor();
  const dir = tempFolder(t);
  const { store } = await openTestStore(t, { dir, onSecret: (plain, scope) => redactor.learn(plain, scope) });
  const fleet = new ScriptedCluster();
  return { store, fleet, redactor, ...(await start(t, store, fleet, redactor)) };
}

/** The cluster domain of a hub after a start over a store. */
export async function start(t: Test, store: Store, fleet: ScriptedCluster, redactor = new Redactor()) {
  const agents = { list: () => [{ record: { id: agent.id, site: agent.site }, connection: agent }] };
  return createKubernetes({
    settings: defaultClusterSettings,
    store,
    streams: new GuardedStreams(store, { now: (caller) => caller, whileRunning: (caller) => caller }, [clusterRecords]),
    agents: agents as unknown as Agents,
    rightsNow: (caller) => caller,
    redactor,
    fleet: () => fleet,
    onError: (error) => t.fail(String(error)),
  });
}
