import type { V1Deployment } from '@kubernetes/client-node';
import type {
  CheckCluster,
  ClusterConnection,
  CreateDeployment,
  CreateNamespace,
  ExecPod,
  GetDeployment,
  GetPod,
  ListDeployments,
  ListNamespaces,
  ListPods,
  OpenPodTerminal,
  ReadPodLog,
  RestartDeployment,
  ScaleDeployment,
} from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { Meter } from '../../meter.js';
import type { Keyboard } from '../terminals.js';
import { type ClusterView, checkCluster } from './check.js';
import type { Client } from './cluster/client.js';
import { Clients, type ClientTimes } from './cluster/clients.js';
import {
  type ClusterPolicy,
  checkCommand,
  checkImages,
  checkName,
  checkNamespace,
  checkNamespaceTexts,
  checkRunningImage,
  checkWritable,
} from './cluster/policy.js';
import { judgeDeployment } from './deployments/deployment-policy.js';
import {
  createDeployment,
  type DeploymentView,
  getDeployment,
  listDeployments,
  type RestartedDeployment,
  readImages,
  restartDeployment,
  type ScaledDeployment,
  type ScaleProgress,
  scaleDeployment,
} from './deployments/deployments.js';
import { type ExecEnd, type ExecRequest, execute, KeptOutput, type OutputSink } from './exec/exec.js';
import type { Page } from './list.js';
import { createNamespace, listNamespaces, type NamespaceView } from './namespaces.js';
import { readLog } from './pods/logs.js';
import { getPod, type PodDetails } from './pods/pod-details.js';
import { listPods, type PodView } from './pods/pods.js';

/** A command's output and end, as ExecPod returns them. */
export interface ExecResult extends ExecEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

export interface KubernetesOptions {
  /** The site's present policy. */
  readonly policy: () => ClusterPolicy;
  readonly times?: ClientTimes;
  /** Counts the commands of each cluster. */
  readonly meter?: Meter;
}

/** How long cancelled commands may take to end when the agent stops, milliseconds. */
const farewellMs = 5_000;

/** Kubernetes clusters, within the site's policy. `kubernetes.proto` defines answers and failures. Only connections are kept. */
export class Kubernetes {
  readonly #clients: Clients;
  readonly #policy: () => ClusterPolicy;
  /** Cancelled commands whose processes are being ended. */
  readonly #ending = new Set<Promise<unknown>>();

  constructor({ policy, times, meter }: KubernetesOptions) {
    this.#policy = policy;
    this.#clients = new Clients(policy, times, meter);
  }

  check({ cluster }: CheckCluster, signal: Cancellation): Promise<ClusterView> {
    return this.#clients.use(cluster, (client) => checkCluster(client, this.#allowed, signal));
  }

  listNamespaces({ cluster, options }: ListNamespaces, signal: Cancellation): Promise<Page<NamespaceView>> {
    return this.#clients.use(cluster, (client) => listNamespaces(client, options, this.#allowed, signal));
  }

  async createNamespace(
    { cluster, name, labels, annotations }: CreateNamespace,
    signal: Cancellation,
  ): Promise<NamespaceView> {
    const judge = () => {
      checkWritable(this.#policy(), 'namespaces are not created here');
      checkNamespace(this.#policy(), name, 'name');
      checkNamespaceTexts(this.#policy(), name, { labels, annotations });
    };
    return this.#change(cluster, judge, (client) => createNamespace(client, { name, labels, annotations }, signal));
  }

  async listPods({ cluster, namespace, options, status }: ListPods, signal: Cancellation): Promise<Page<PodView>> {
    if (namespace !== '') checkNamespace(this.#policy(), namespace);
    const filter = { namespace, options, status };
    return this.#clients.use(cluster, (client) => listPods(client, filter, this.#allowed, signal));
  }

  async getPod({ cluster, namespace, name }: GetPod, signal: Cancellation): Promise<PodDetails> {
    checkNamespace(this.#policy(), namespace);
    checkName(name, 'name');
    return this.#clients.use(cluster, (client) => getPod(client, namespace, name, signal));
  }

  /** Writes a log, no faster than `write` takes it. */
  async readLog(request: ReadPodLog, write: (chunk: Uint8Array) => Promise<void>, signal: Cancellation): Promise<void> {
    checkNamespace(this.#policy(), request.namespace);
    const limitBytes = Number(request.limitBytes);
    await this.#clients.use(request.cluster, async (client) => {
      for await (const chunk of readLog(client, { ...request, limitBytes }, signal)) await write(chunk);
    });
  }

  async exec(request: ExecPod, signal: Cancellation): Promise<ExecResult> {
    const output = new KeptOutput(request.maxOutputBytes);
    try {
      const end = await this.#exec({ ...request, stdin: request.stdin }, output.sink, signal);
      return { ...output.read(), ...end };
    } catch (error) {
      if (!(error instanceof AgentFailure) || error.kind !== 'timeout') throw error;
      throw new AgentFailure(error.kind, error.message, { ...error.details, ...output.read() });
    }
  }

  /** Runs a command at a terminal to its end; see OpenPodTerminal. */
  async runAtTerminal(
    request: Omit<OpenPodTerminal, 'terminal' | '$typeName'>,
    keyboard: Keyboard,
    sink: (chunk: Buffer) => Promise<void>,
    signal: Cancellation,
  ): Promise<{ readonly exitCode: number; readonly container: string }> {
    const asked = { ...request, stdin: undefined, tty: true, keyboard, timeoutMs: 0 };
    const { exitCode, container } = await this.#exec(asked, (_, chunk) => sink(chunk), signal);
    return { exitCode, container };
  }

  async listDeployments(
    { cluster, namespace, options }: ListDeployments,
    signal: Cancellation,
  ): Promise<Page<DeploymentView>> {
    if (namespace !== '') checkNamespace(this.#policy(), namespace);
    return this.#clients.use(cluster, (client) => listDeployments(client, namespace, options, this.#allowed, signal));
  }

  async getDeployment({ cluster, namespace, name }: GetDeployment, signal: Cancellation): Promise<DeploymentView> {
    checkNamespace(this.#policy(), namespace);
    checkName(name, 'name');
    return this.#clients.use(cluster, (client) => getDeployment(client, namespace, name, signal));
  }

  async createDeployment(
    { cluster, namespace, body }: CreateDeployment,
    signal: Cancellation,
  ): Promise<DeploymentView> {
    const judgePlace = () => {
      checkWritable(this.#policy(), 'deployments are not created here');
      checkNamespace(this.#policy(), namespace);
    };
    const judge = (deployment: V1Deployment) => judgeDeployment(this.#policy(), namespace, deployment);
    return this.#change(cluster, judgePlace, (client) => createDeployment(client, namespace, body, judge, signal));
  }

  async restartDeployment(
    { cluster, namespace, name }: RestartDeployment,
    signal: Cancellation,
  ): Promise<RestartedDeployment> {
    const judge = () => {
      checkWritable(this.#policy(), 'deployments are not restarted here');
      checkNamespace(this.#policy(), namespace);
      checkName(name, 'name');
    };
    return this.#change(cluster, judge, async (client) => {
      await this.#judgeImages(client, namespace, name, signal);
      return restartDeployment(client, namespace, name, signal);
    });
  }

  async scaleDeployment(
    request: ScaleDeployment,
    onProgress: (progress: ScaleProgress) => void,
    signal: Cancellation,
  ): Promise<ScaledDeployment> {
    const judge = () => {
      checkWritable(this.#policy(), 'deployments are not scaled here');
      checkNamespace(this.#policy(), request.namespace);
      checkName(request.name, 'name');
    };
    return this.#change(request.cluster, judge, async (client) => {
      // A scale of 0 starts no image.
      if (request.replicas > 0) await this.#judgeImages(client, request.namespace, request.name, signal);
      return scaleDeployment(client, request, onProgress, signal);
    });
  }

  /** Waits a while until cancelled commands have ended, and closes all connections. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, farewellMs);
    });
    await Promise.race([Promise.all(this.#ending), enough]);
    clearTimeout(timer);
    await this.#clients.close();
  }

  readonly #allowed = (namespace: string): boolean => this.#policy().permits('namespaces', namespace) === undefined;

  /**
   * Makes a change if the site allows it. The policy may change while the connection is made, so that the site judges the change before and
   * after that.
   */
  async #change<T>(
    cluster: ClusterConnection | undefined,
    judge: () => void,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    judge();
    return this.#clients.use(cluster, (client) => {
      judge();
      return work(client);
    });
  }

  /** Judges the images that a deployment is about to start. @throws AgentFailure `policy`, `not_found`. */
  async #judgeImages(client: Client, namespace: string, name: string, signal: Cancellation): Promise<void> {
    if (!this.#policy().judges('images')) return;
    const images = await readImages(client, namespace, name, signal);
    checkImages(this.#policy(), images);
  }

  async #exec(
    { cluster, ...request }: ExecRequest & Pick<ExecPod, 'cluster'>,
    sink: OutputSink,
    signal: Cancellation,
  ): Promise<ExecEnd> {
    const { namespace, pod, container, command, stdin, tty, keyboard, timeoutMs } = request;
    const judge = () => {
      checkWritable(this.#policy(), 'commands are not run in pods here');
      checkNamespace(this.#policy(), namespace);
      checkCommand(this.#policy(), namespace, pod, command);
    };
    const asked = { namespace, pod, container, command, stdin, tty, keyboard, timeoutMs };
    return this.#change(cluster, judge, (client) =>
      execute(client, asked, sink, signal, {
        judgeImage: (image) => {
          judge();
          checkRunningImage(this.#policy(), image);
        },
        background: (work) => {
          // The client stays in use until the command has ended.
          const ending = this.#clients.use(cluster, () => work).catch(() => {});
          this.#ending.add(ending);
          void ending.finally(() => this.#ending.delete(ending));
        },
      }),
    );
  }
}
