import { looksSecret } from '@roundhouse/proto/secret-names';
import type { RequestOrigin } from '../../access/caller.js';
import { onceCommand, progressNotes } from '../../agents/answer.js';
import type { Redactor } from '../../audit/redactor.js';
import type { Cancellation } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import { checkAnnotations, checkLabelName, checkLabels, checkObjectName } from '../names.js';
import {
  type ClusterItems,
  type DeploymentView,
  deploymentItems,
  deploymentView,
  type ScaledDeployment,
  scaledDeployment,
} from './answers.js';
import { type ContentParts, getIn, listIn, noteChange, type Place, READ_MS, type Selection, shown } from './content.js';

/** A new deployment, as `seeds/001` defines it. It may have further fields of Kubernetes, which the agent checks. */
export interface DeploymentInput {
  readonly name: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly template: { readonly spec: { readonly containers: readonly unknown[] } };
}

/** Callbacks while a caller waits. */
export interface Waiting {
  readonly signal?: Cancellation | undefined;
  /** Called with the number of replicas that are in the wanted state. */
  readonly onProgress?: ((progress: number, message: string) => void) | undefined;
}

type RestartedDeployment = DeploymentView & { readonly restartedAt: number };

/** Extra time around the wait for a scale, milliseconds. */
const SLACK_MS = 30_000;
const MOST_IMAGES = 20;

/** The deployments of clusters. */
export class Deployments {
  readonly #parts: ContentParts & { readonly redactor: Redactor };

  constructor(parts: ContentParts & { readonly redactor: Redactor }) {
    this.#parts = parts;
  }

  /** @throws DomainError as {@link listIn}. */
  list(
    origin: RequestOrigin,
    place: Place,
    selection: Selection = {},
    signal?: Cancellation,
  ): Promise<ClusterItems<DeploymentView>> {
    return listIn<DeploymentView>(
      this.#parts,
      'listDeployments',
      { origin, place, signal },
      selection,
      deploymentItems,
    );
  }

  /** @throws DomainError as {@link getIn}. */
  async get(origin: RequestOrigin, place: Place, name: string, signal?: Cancellation): Promise<DeploymentView> {
    const reading = { origin, place, signal };
    return shown(
      await getIn<DeploymentView>(this.#parts, 'getDeployment', reading, 'deployment_name', name, deploymentView),
    );
  }

  /**
   * @throws DomainError as {@link Deployments.list}, `already_exists`; `invalid_input` also for errors that Kubernetes or the agent find,
   * naming the field as it was given; with `details.outcome` if a lost link leaves the outcome open.
   */
  async create(origin: RequestOrigin, { cluster, namespace }: Place, input: DeploymentInput): Promise<DeploymentView> {
    const { clusters, port, store, redactor } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.execute');
    checkLabelName('namespace', namespace);
    checkObjectName('name', input.name);
    checkLabels('labels', input.labels ?? {});
    checkAnnotations('annotations', input.annotations ?? {});
    learnVariables(input, record.id, redactor);
    const body = Buffer.from(JSON.stringify(input));
    const options = { ...(await onceCommand(origin, record.agentId, 'cluster-deployment')), timeoutMs: READ_MS };
    const request = { case: 'createDeployment', value: { namespace, body } } as const;
    const check = () => clusters.checkNow(origin, record, 'cluster.execute');
    const fields = { 'metadata.name': 'name' };
    const made = await port.change<DeploymentView>(record, request, deploymentView, options, check, fields);
    const place = `${namespace}/${made.name}`;
    const details = { replicas: made.replicas, images: made.images.slice(0, MOST_IMAGES) };
    await noteChange(store, origin, record, { action: 'deployment.create', place, details });
    return made;
  }

  /**
   * Has the cluster replace all pods, as the deployment's strategy says. It does not wait for the new pods.
   * @throws DomainError as {@link Deployments.get}, `conflict` for a paused deployment; with `details.outcome` if a lost link leaves the
   * outcome open.
   */
  async restart(origin: RequestOrigin, { cluster, namespace }: Place, name: string): Promise<RestartedDeployment> {
    const { clusters, port, store } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.operate');
    checkLabelName('namespace', namespace);
    checkObjectName('deployment_name', name);
    const options = { ...(await onceCommand(origin, record.agentId, 'cluster-restart')), timeoutMs: READ_MS };
    const request = { case: 'restartDeployment', value: { namespace, name } } as const;
    const shape = { ...deploymentView, restartedAt: 'number' } as const;
    const fields = { name: 'deployment_name' };
    const check = () => clusters.checkNow(origin, record, 'cluster.operate');
    const restarted = await port.change<RestartedDeployment>(record, request, shape, options, check, fields);
    await noteChange(store, origin, record, {
      action: 'deployment.restart',
      place: `${namespace}/${name}`,
      details: {},
    });
    return restarted;
  }

  /**
   * Asks for this number of replicas. `waitMs`: how long to wait until they are there.
   * @throws DomainError as {@link Deployments.list}; `cluster_operation_failed` (`timeout`) where they are not there in time: the scale remains.
   */
  async scale(
    origin: RequestOrigin,
    { cluster, namespace }: Place,
    name: string,
    { replicas, waitMs = 0 }: { readonly replicas: number; readonly waitMs?: number },
    { signal, onProgress }: Waiting = {},
  ): Promise<ScaledDeployment> {
    const { clusters, port, store } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.operate');
    checkLabelName('namespace', namespace);
    checkObjectName('deployment_name', name);
    const request = { case: 'scaleDeployment', value: { namespace, name, replicas, waitMs } } as const;
    const notes = onProgress && progressNotes(onProgress);
    // A client that hangs up stops the wait, not the work.
    const waiting = waitMs > 0 ? { signal, onProgress: notes } : {};
    const options = { kind: 'idempotent', timeoutMs: READ_MS + waitMs + SLACK_MS, ...waiting } as const;
    const fields = { name: 'deployment_name', 'spec.replicas': 'replicas', '': 'replicas' };
    const check = () => clusters.checkNow(origin, record, 'cluster.operate');
    const scaled = await port
      .change<ScaledDeployment>(record, request, scaledDeployment, options, check, fields)
      .catch(notYet);
    const place = `${namespace}/${name}`;
    await noteChange(store, origin, record, { action: 'deployment.scale', place, details: { replicas } });
    return scaled;
  }
}

/** The redactor learns variables whose name looks like a secret's: programs print their variables. */
function learnVariables({ template }: DeploymentInput, clusterId: string, redactor: Redactor): void {
  for (const container of template.spec.containers) {
    const { env } = (container ?? {}) as { readonly env?: unknown };
    if (!Array.isArray(env)) continue;
    for (const variable of env) {
      const { name, value } = (variable ?? {}) as { readonly name?: unknown; readonly value?: unknown };
      if (typeof name === 'string' && typeof value === 'string' && looksSecret(name))
        redactor.learn(JSON.stringify({ [name]: value }), clusterId);
    }
  }
}

/** For a new deployment: how far it is. */
function notYet(error: unknown): never {
  if (!(error instanceof DomainError)) throw error;
  const { deployment, ...details } = error.details;
  if (typeof deployment !== 'object' || deployment === null) throw error;
  const { replicas, availableReplicas } = deployment as Partial<DeploymentView>;
  throw new DomainError(error.code, error.message, { ...details, replicas, availableReplicas }, { cause: error });
}
