import type { Caller, RequestOrigin } from '../../access/caller.js';
import { auditedWords } from '../../audit/arguments.js';
import type { Redactor } from '../../audit/redactor.js';
import { ENDLESS_MS, type TerminalTarget } from '../../terminals/terminals.js';
import { checkLabelName, checkObjectName } from '../names.js';
import { placeOf } from './change-audit.js';
import { checkCommand } from './exec.js';
import type { ContentParts, Place } from './reading.js';

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
