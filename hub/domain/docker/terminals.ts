import type { Caller, RequestOrigin } from '../access/caller.js';
import { auditedWords } from '../audit/arguments.js';
import { notFound } from '../errors.js';
import { ENDLESS_MS, type TerminalTarget } from '../terminals/terminals.js';
import type { ContainerParts, Containers } from './containers.js';
import type { HostChoice } from './hosts.js';

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
