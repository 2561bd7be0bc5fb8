import type { DatabaseProbes } from '../drivers/databases/probes.js';
import type { DatabaseQueries } from '../drivers/databases/queries.js';
import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import type { Logs } from '../drivers/logs/logs.js';
import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Devices } from '../drivers/network/devices.js';
import type { Storage } from '../drivers/storage/storage.js';
import { Terminals } from '../drivers/terminals.js';
import type { UsageMeter } from '../drivers/usage/usage.js';
import type { Policy } from '../policy/policy.js';
import { deviceOperations } from './devices.js';
import { dockerOperations } from './docker.js';
import { judgeEffect } from './effects.js';
import { kubernetesOperations } from './kubernetes.js';
import { logOperations } from './logs.js';
import { mcpOperations } from './mcp.js';
import type { Arguments, Operation, OperationContext, OperationName, Operations, Output } from './operation.js';
import { serverOperations } from './servers.js';
import { siteOperations } from './site.js';
import { sourceOperations } from './sources.js';
import { suiteOperations } from './suite.js';
import { terminalOperations } from './terminals.js';

/** The parts that operations work with. */
export interface Drivers {
  readonly servers: Servers;
  readonly privates: PrivateInstances;
  readonly devices: Devices;
  readonly docker: DockerHost;
  readonly kubernetes: Kubernetes;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly usage: UsageMeter;
  readonly databases: DatabaseProbes;
  readonly queries: DatabaseQueries;
  /** The site's policy that is in force. */
  readonly policy: () => Policy;
  /** The agent's data folder. */
  readonly dataDir: string;
}

/**
 * All operations of this agent, by name. To add an operation: a message in the contract, and a function of that name in the file of its noun.
 * Its effect stands in `effects.ts`: at a site that is read-only, an operation that changes something is refused here.
 * The compiler refuses a table that lacks an operation of the contract.
 */
export function createOperations(drivers: Drivers): ReadonlyMap<OperationName, Operation<OperationName>> {
  const { servers, privates, devices, docker, kubernetes, logs, storage, usage, databases, queries, policy, dataDir } =
    drivers;
  const terminals = new Terminals();
  const operations: Operations = {
    ...mcpOperations(servers, privates),
    ...serverOperations(servers, privates),
    ...sourceOperations(servers.versions),
    ...dockerOperations(docker, terminals),
    ...kubernetesOperations(kubernetes, terminals),
    ...terminalOperations(terminals),
    ...deviceOperations(devices),
    ...logOperations(servers, logs),
    ...siteOperations(storage, usage, databases, queries, policy),
    ...suiteOperations(servers, dataDir),
  };
  const names = Object.keys(operations) as OperationName[];
  return new Map(names.map((name) => [name, judged(name, operations[name], policy)]));
}

/** An operation that asks the site's policy of now before it does anything. */
function judged<N extends OperationName>(name: N, work: Operations[N], policy: () => Policy): Operation<N> {
  const judge = (args: Arguments<N>) => judgeEffect(policy(), name, args);
  if (typeof work === 'function') {
    return {
      name,
      run(args: Arguments<N>, context: OperationContext) {
        judge(args);
        return work(args, context);
      },
    };
  }
  return {
    name,
    transfer(args: Arguments<N>, context: OperationContext, output: Output) {
      judge(args);
      return work.transfer(args, context, output);
    },
  };
}
