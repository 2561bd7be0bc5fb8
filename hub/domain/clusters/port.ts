import { ask } from '../agents/answer.js';
import type { ClusterOperation, ClusterRequest } from '../agents/contract.js';
import type { ByteStream, CommandOptions, Fleet, ReadOptions } from '../agents/fleet.js';
import { givenBy, redactedStream } from '../agents/redacting-fleet.js';
import type { Shape } from '../agents/shape.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError } from '../errors.js';
import { changeInTurns } from '../event-loop.js';
import type { Store } from '../store.js';
import { connectionOf } from './access.js';
import { clusterError, type FieldNames } from './failure.js';
import type { ClusterRecord } from './record.js';

export interface PortParts {
  readonly store: Pick<Store, 'unsealData'>;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  /** Called for each cluster that answered, and for each that could not be reached. */
  readonly onOutcome: (cluster: ClusterRecord, error: DomainError | undefined) => void;
}

/** Sends requests to clusters through their agents, turns failures into errors of the domain, and removes the cluster's secrets from answers. */
export class ClusterPort {
  readonly #parts: PortParts;

  constructor(parts: PortParts) {
    this.#parts = parts;
  }

  /** Whether the cluster's agent is connected. */
  has({ agentId }: ClusterRecord): boolean {
    return this.#parts.fleet().agent(agentId) !== undefined;
  }

  /** Gives the answer to a read, a JSON object as `kubernetes.proto` defines it. @throws DomainError as {@link clusterError}. */
  ask<T extends object>(
    cluster: ClusterRecord,
    request: ClusterRequest,
    shape: Shape<T>,
    options: ReadOptions,
    fields?: FieldNames,
  ): Promise<T> {
    return this.#ask(cluster, request, shape, options, () => {}, fields);
  }

  /** The same for a change. @param check asks for the rights that the caller has now, and throws if they do not suffice */
  change<T extends object>(
    cluster: ClusterRecord,
    request: ClusterRequest,
    shape: Shape<T>,
    options: CommandOptions,
    check: () => void,
    fields?: FieldNames,
  ): Promise<T> {
    return this.#ask(cluster, request, shape, options, check, fields);
  }

  async #ask<T extends object>(
    cluster: ClusterRecord,
    request: ClusterRequest,
    shape: Shape<T>,
    options: CommandOptions,
    check: () => void,
    fields?: FieldNames,
  ): Promise<T> {
    const operation = await this.#operation(cluster, request);
    check();
    const { fleet, redactor } = this.#parts;
    const { agentId } = cluster;
    const answer = await this.#told(cluster, fields, () => ask<T>(fleet(), agentId, operation, shape, options));
    // Names such as `secretName` are Kubernetes' own, and their values are no secrets: only known secrets are removed.
    const secrets = redactor.of(cluster.id).except(givenBy(operation));
    return changeInTurns(answer, (part) => secrets.strings(part));
  }

  /** Opens the output stream of an operation. @throws DomainError as {@link clusterError}. */
  async open(
    cluster: ClusterRecord,
    request: ClusterRequest,
    options: CommandOptions,
    fields?: FieldNames,
  ): Promise<ByteStream> {
    const operation = await this.#operation(cluster, request);
    const { fleet, redactor } = this.#parts;
    const stream = await this.#told(cluster, fields, () => fleet().open(cluster.agentId, operation, options));
    return redactedStream(stream, redactor.of(cluster.id));
  }

  async #operation(cluster: ClusterRecord, { case: name, value }: ClusterRequest): Promise<ClusterOperation> {
    const connection = await connectionOf(this.#parts.store, cluster);
    return { case: name, value: { ...value, cluster: connection } } as ClusterOperation;
  }

  async #told<T>(cluster: ClusterRecord, fields: FieldNames | undefined, work: () => Promise<T>): Promise<T> {
    const { onOutcome } = this.#parts;
    try {
      const result = await work();
      onOutcome(cluster, undefined);
      return result;
    } catch (error) {
      const told = clusterError(error, cluster, fields);
      if (told instanceof DomainError && told.code === 'cluster_unreachable') onOutcome(cluster, told);
      throw told;
    }
  }
}
