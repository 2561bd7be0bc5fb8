import type { Caller, RequestOrigin } from '../access/caller.js';
import { onceCommand, progressNotes } from '../agents/answer.js';
import type { ContainerCommand, ContainerSpec } from '../agents/contract.js';
import { auditedWords, maskedWords } from '../audit/arguments.js';
import type { Cancellation } from '../cancellation.js';
import { invalid, notFound } from '../errors.js';
import { checkImageRegistry } from '../net/url-guard.js';
import { ENDLESS_MS, type TerminalTarget } from '../terminals/terminals.js';
import { type CommandOutput, type ContainerDetails, commandOutput, containerDetails } from './answers.js';
import type { ContainerParts, Containers } from './containers.js';
import type { HostChoice } from './hosts.js';
import { noteChange } from './port.js';

/** The limit of a pull, milliseconds: a large image on a slow line. */
export const PULL_MS = 3_600_000;
const SLACK_MS = 60_000;
/** The longest input of a command, bytes. */
const MOST_INPUT = 1024 * 1024;

/** Callbacks while a caller waits. */
export interface Waiting {
  readonly signal?: Cancellation | undefined;
  /** Called with the progress, with a number that grows. */
  readonly onProgress?: ((progress: number, message: string) => void) | undefined;
}

/** An audit entry's fields about a container or a command, and about its failure. */
export interface RunNote {
  readonly command: readonly string[];
  /** Names of variables; their values may be secrets. */
  readonly env: readonly string[];
  readonly user: string;
}

/** Runs programs of the caller's choice at a site: new containers, and commands in running containers. */
export class ContainerRuns {
  readonly #parts: ContainerParts;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
  }

  /**
   * Creates a container and starts it; pulls its image if it is missing. A cancellation removes the container, and so does the loss of the
   * caller's right to run it before it has started.
   * @throws DomainError `invalid_input`, `refused` (site policy), `not_found` (the image), `conflict` (the name), `upstream_failed`,
   * `agent_unreachable` with `details.outcome`.
   */
  async run(
    origin: RequestOrigin,
    choice: HostChoice,
    spec: ContainerSpec,
    { signal, onProgress }: Waiting = {},
  ): Promise<ContainerDetails & { readonly site: string; readonly pulled: boolean }> {
    const { store, hosts, port } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.execute');
    checkImageRegistry(spec.image, 'image');
    port.learn(agent, spec.env);
    const once = await onceCommand(origin, agent.id, 'container-run');
    const notes = onProgress && progressNotes(onProgress);
    const operation = { case: 'runContainer', value: spec } as const;
    const shape = { ...containerDetails, pulled: 'flag' } as const;
    const permission = 'docker.execute';
    const check = () => void hosts.now(origin, agent, permission);
    return hosts.guarded({ origin, agent, permission, signal }, async (signal) => {
      const options = { ...once, timeoutMs: PULL_MS + SLACK_MS, signal, onProgress: notes };
      const made = await port.change<MadeContainer>(agent, operation, shape, options, check);
      const { ports, volumes, network, restart } = spec;
      const details = { name: made.name, image: made.image, ...this.audited(spec), ports, volumes, network, restart };
      await noteChange(store, origin, agent, { action: 'container.run', id: made.id, details });
      return { site: agent.site, ...made, command: maskedWords(made.command, port.secretsAt(agent)) };
    });
  }

  /**
   * Runs a command in a container to its end; a cancellation ends the command, and so does the loss of the caller's right to run commands
   * there. A command that fails is a result, not an error.
   * @throws DomainError `invalid_input`, `not_found`, `conflict` (the container does not run, or runs a server of Roundhouse), `refused`,
   * `timeout` (with `details.stdout` and `stderr`), `agent_unreachable` with `details.outcome`.
   */
  async exec(
    origin: RequestOrigin,
    choice: HostChoice,
    command: ContainerCommand,
    { signal }: Waiting = {},
  ): Promise<CommandOutput & { readonly site: string }> {
    if ((command.stdin?.length ?? 0) > MOST_INPUT) throw invalid('stdin', `must have at most ${MOST_INPUT} bytes`);
    const { store, hosts, port } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.execute');
    port.learn(agent, command.env);
    const operation = { case: 'execContainer', value: command } as const;
    const once = await onceCommand(origin, agent.id, 'container-exec');
    const permission = 'docker.execute';
    const check = () => void hosts.now(origin, agent, permission);
    return hosts.guarded({ origin, agent, permission, signal }, async (signal) => {
      const options = { ...once, timeoutMs: command.timeoutMs + SLACK_MS, signal };
      const output = await port.change<CommandOutput>(agent, operation, commandOutput, options, check);
      const { exitCode, durationMs } = output;
      const details = { ...this.audited(command), exitCode, durationMs };
      await noteChange(store, origin, agent, { action: 'container.exec', id: command.container, details });
      return { site: agent.site, ...output };
    });
  }

  /** The command as an audit entry shows it. */
  audited({ command, env, user }: Pick<ContainerCommand, 'command' | 'env' | 'user'>): RunNote {
    return { command: auditedWords(command, this.#parts.redactor), env: Object.keys(env), user };
  }
}

type MadeContainer = ContainerDetails & { readonly pulled: boolean };

/** A program in a container, for a person's terminal. */
export interface ContainerTerminalInput {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** Empty: the container's own. */
  readonly user: string;
}

/** Terminals in containers. */
export class ContainerTerminals {
  readonly #parts: ContainerParts;
  readonly #containers: Containers;

  constructor(parts: ContainerParts, containers: Containers) {
    this.#parts = parts;
    this.#containers = containers;
  }

  /** @throws DomainError as {@link Containers.get}; the target's `open` as {@link ContainerRuns.exec} */
  async target(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    { command, user }: ContainerTerminalInput,
  ): Promise<TerminalTarget> {
    const { hosts, port, redactor } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.execute');
    const { id, name, serverId } = await this.#containers.inspect(origin, agent, container);
    return {
      agentId: agent.id,
      operation: 'openContainerTerminal',
      resource: { type: 'container', id },
      details: { name, site: agent.site, agent: agent.name, command: auditedWords(command, redactor), user },
      check: (caller: Caller) => {
        const now = { ...origin, caller };
        hosts.check(now, agent, 'docker.execute');
        if (!this.#containers.sees(now, { serverId })) throw notFound('container', container);
      },
      open: (terminal) => {
        const options = { kind: 'once', timeoutMs: ENDLESS_MS } as const;
        return port.openTerminal(agent, { container: id, command, user, terminal }, options);
      },
    };
  }
}
