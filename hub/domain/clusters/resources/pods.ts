import type { Caller, RequestOrigin } from '../../access/caller.js';
import { auditedWords } from '../../audit/arguments.js';
import type { Redactor } from '../../audit/redactor.js';
import type { Cancellation } from '../../cancellation.js';
import { invalid } from '../../errors.js';
import { ENDLESS_MS, type TerminalTarget } from '../../terminals/terminals.js';
import { checkLabelName, checkObjectName } from '../names.js';
import {
  type ClusterItems,
  type ExecOutput,
  execOutput,
  type PodDetails,
  type PodView,
  podDetails,
  podItems,
} from './answers.js';
import {
  type ContentParts,
  getIn,
  guardedIn,
  listIn,
  noteChange,
  type Place,
  placeOf,
  type ReadingParts,
  type Selection,
  shown,
} from './content.js';

/** The pods of clusters. */
export class Pods {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** @throws DomainError as {@link listIn}. */
  list(
    origin: RequestOrigin,
    place: Place,
    selection: Selection = {},
    signal?: Cancellation,
  ): Promise<ClusterItems<PodView>> {
    return listIn<PodView>(this.#parts, 'listPods', { origin, place, signal }, selection, podItems);
  }

  /** @throws DomainError as {@link getIn}. */
  async get(origin: RequestOrigin, place: Place, name: string, signal?: Cancellation): Promise<PodDetails> {
    return shown(
      await getIn<PodDetails>(this.#parts, 'getPod', { origin, place, signal }, 'pod_name', name, podDetails),
    );
  }
}

/** A command for a pod. */
export interface ExecInput {
  /** Absent: the only one, or the pod's default. */
  readonly container?: string | undefined;
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly stdin?: string | undefined;
  readonly tty?: boolean | undefined;
  /** How long it may run, milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** How much of each output is kept, bytes. */
  readonly maxOutputBytes?: number | undefined;
}

const DEFAULT_MS = 60_000;
/** Extra time around the command: for the way there, and for ending it when its time is up. */
const SLACK_MS = 45_000;
const MOST_OUTPUT = 1024 * 1024;
const MOST_INPUT = 1024 * 1024;
const MOST_COMMAND = 64 * 1024;

/** Commands in pods. They never run twice; a cancellation ends them. */
export class PodExec {
  readonly #parts: ContentParts & { readonly redactor: Redactor };

  constructor(parts: ContentParts & { readonly redactor: Redactor }) {
    this.#parts = parts;
  }

  /**
   * Runs a command in a container to its end. A command that fails is a result, not an error. The command ends as soon as its caller may run
   * no commands there any more.
   * @throws DomainError `not_found`, `invalid_input`, `conflict` (the pod does not run), `refused`, `cluster_unreachable` (with
   * `details.outcome` where a lost link leaves open whether it ran), `cluster_operation_failed` (`timeout`, with `details.stdout` and
   * `stderr`).
   */
  async run(
    origin: RequestOrigin,
    { cluster, namespace }: Place,
    pod: string,
    input: ExecInput,
    signal?: Cancellation,
  ): Promise<ExecOutput> {
    const { clusters, port, store } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.execute');
    checkLabelName('namespace', namespace);
    checkObjectName('pod_name', pod);
    check(input);
    const { container = '', command, stdin, tty = false, timeoutMs = DEFAULT_MS, maxOutputBytes } = input;
    const value = {
      namespace,
      pod,
      container,
      command,
      // Old kubelets lose the output of a terminal without a standard input; an empty input ends at once.
      ...(stdin === undefined && !tty ? {} : { stdin: Buffer.from(stdin ?? '') }),
      tty,
      timeoutMs: Math.ceil(timeoutMs),
      maxOutputBytes: maxOutputBytes ?? MOST_OUTPUT,
    };
    const fields = { pod: 'pod_name', '': 'command' };
    const mayExec = () => clusters.checkNow(origin, record, 'cluster.execute');
    return guardedIn(this.#parts, { origin, signal }, record, 'cluster.execute', async (signal) => {
      const options = { kind: 'once', timeoutMs: Math.ceil(timeoutMs) + SLACK_MS, signal } as const;
      const output = await port.change<ExecOutput>(
        record,
        { case: 'execPod', value },
        execOutput,
        options,
        mayExec,
        fields,
      );
      const { exitCode, durationMs } = output;
      const details = { ...this.audited(input), container: output.container, exitCode, durationMs };
      await noteChange(store, origin, record, { action: 'pod.exec', place: `${namespace}/${pod}`, details });
      return output;
    });
  }

  /** The command as an audit entry shows it; the entry leaves out the command's input. */
  audited({ command, tty = false }: Pick<ExecInput, 'command' | 'tty'>): {
    readonly command: readonly string[];
    readonly tty: boolean;
  } {
    return { command: auditedWords(command, this.#parts.redactor), tty };
  }
}

function check({ container = '', command, stdin = '' }: ExecInput): void {
  if (container !== '') checkLabelName('container', container);
  checkCommand(command);
  if (Buffer.byteLength(stdin) > MOST_INPUT) throw invalid('stdin', `must have at most ${MOST_INPUT} bytes`);
}

/** @throws DomainError `invalid_input` */
function checkCommand(command: readonly string[]): void {
  if ((command[0] ?? '') === '') throw invalid('command', 'must begin with the name of a program');
  for (const [at, word] of command.entries())
    if (word.includes('\0')) throw invalid(`command.${at}`, 'must not hold a NUL character');
  const bytes = command.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (bytes > MOST_COMMAND) throw invalid('command', `must have at most ${MOST_COMMAND} bytes altogether`);
}

/** A program in a pod, for a person's terminal. */
export interface PodTerminalInput {
  /** Absent: the only one, or the pod's default. */
  readonly container?: string | undefined;
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
}

/** Terminals in pods. */
export class PodTerminals {
  readonly #parts: ContentParts & { readonly redactor: Redactor };

  constructor(parts: ContentParts & { readonly redactor: Redactor }) {
    this.#parts = parts;
  }

  /** @throws DomainError `not_found`, `forbidden`, `invalid_input`; the target's `open` as {@link PodExec.run} */
  target(
    origin: RequestOrigin,
    { cluster, namespace }: Place,
    pod: string,
    { container = '', command }: PodTerminalInput,
  ): TerminalTarget {
    const { clusters, port, redactor } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.execute');
    checkLabelName('namespace', namespace);
    checkObjectName('pod_name', pod);
    if (container !== '') checkLabelName('container', container);
    checkCommand(command);
    const now = (caller: Caller) => clusters.get({ ...origin, caller }, record.id, 'cluster.execute').record;
    return {
      agentId: record.agentId,
      operation: 'openPodTerminal',
      resource: { type: 'pod', id: placeOf(record.id, `${namespace}/${pod}`) },
      details: {
        ...{ cluster: record.name, clusterId: record.id, site: record.site },
        ...{ container, command: auditedWords(command, redactor) },
      },
      check: (caller) => void now(caller),
      open: (terminal, caller) => {
        const value = { namespace, pod, container, command, terminal };
        const options = { kind: 'once', timeoutMs: ENDLESS_MS } as const;
        return port.open(now(caller), { case: 'openPodTerminal', value }, options, { pod: 'pod_name', '': 'command' });
      },
    };
  }
}
