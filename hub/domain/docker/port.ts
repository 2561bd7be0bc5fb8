import { looksSecret } from '@roundhouse/proto/secret-names';
import type { RequestOrigin } from '../access/caller.js';
import { ask } from '../agents/answer.js';
import type { DockerOperation } from '../agents/contract.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, ReadOptions } from '../agents/fleet.js';
import { givenBy, redactedStream } from '../agents/redacting-fleet.js';
import type { Shape } from '../agents/shape.js';
import { changeAudit } from '../audit/audit.js';
import { type Redactor, secretScopes } from '../audit/redactor.js';
import { DomainError, type InvalidInput } from '../errors.js';
import { changeInTurns } from '../event-loop.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';

/** Sends requests to Docker Engines through their agents, and removes the secrets of containers from the answers. */
export class DockerPort {
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;
  readonly #registry: Pick<ServerRegistry, 'byId'>;

  constructor(fleet: () => Fleet, redactor: Redactor, registry: Pick<ServerRegistry, 'byId'>) {
    this.#fleet = fleet;
    this.#redactor = redactor;
    this.#registry = registry;
  }

  /** The secrets that callers gave to containers of an agent's engine. */
  secretsAt({ id }: ConnectedAgent): Redactor {
    return this.#redactor.of(id);
  }

  /** Learns the secrets among the variables that a caller gives to a container: programs print their variables. */
  learn({ id }: ConnectedAgent, env: Readonly<Record<string, string>>): void {
    const secrets = Object.entries(env).filter(([name]) => looksSecret(name));
    if (secrets.length > 0) this.#redactor.learn(JSON.stringify(Object.fromEntries(secrets)), id);
  }

  /** Gives the answer to a read, a JSON object as `docker.proto` defines it. @throws DomainError */
  ask<T extends object>(
    agent: ConnectedAgent,
    operation: DockerOperation,
    shape: Shape<T>,
    options: ReadOptions,
  ): Promise<T> {
    return this.#ask(agent, operation, shape, options);
  }

  /** The same for a change. @param check asks for the rights that the caller has now, and throws if they do not suffice */
  async change<T extends object>(
    agent: ConnectedAgent,
    operation: DockerOperation,
    shape: Shape<T>,
    options: CommandOptions,
    check: () => void,
  ): Promise<T> {
    check();
    return this.#ask(agent, operation, shape, options);
  }

  async #ask<T extends object>(
    agent: ConnectedAgent,
    operation: DockerOperation,
    shape: Shape<T>,
    options: CommandOptions,
  ): Promise<T> {
    const answer = await ask<T>(this.#fleet(), agent.id, operation, shape, options).catch(fail);
    const secrets = this.secretsAt(agent).except(givenBy(operation));
    return changeInTurns(answer, (part) => secrets.value(part));
  }

  /** Opens the log of a container. @param serverId the server that runs in it; empty for none @throws DomainError */
  async openLog(
    agent: ConnectedAgent,
    value: Extract<DockerOperation, { case: 'readContainerLog' }>['value'],
    options: CommandOptions,
    serverId: string,
  ): Promise<ByteStream> {
    const stream = await this.#fleet().open(agent.id, { case: 'readContainerLog', value }, options).catch(fail);
    const server = this.#registry.byId(serverId);
    // The agent names the server. It must not learn from the hub's answer whether a text is a secret of a server at another agent.
    const scopes = server?.agentId === agent.id ? secretScopes(server) : [];
    return redactedStream(stream, this.secretsAt(agent).with(...scopes));
  }

  /** Opens a terminal in a container. @throws DomainError */
  async openTerminal(
    agent: ConnectedAgent,
    value: Extract<DockerOperation, { case: 'openContainerTerminal' }>['value'],
    options: CommandOptions,
  ): Promise<ByteStream> {
    const stream = await this.#fleet().open(agent.id, { case: 'openContainerTerminal', value }, options).catch(fail);
    return redactedStream(stream, this.secretsAt(agent));
  }
}

/** An error of the agent about a field reads like an error of the hub. */
function fail(error: unknown): never {
  if (!(error instanceof DomainError) || error.code !== 'invalid_input') throw error;
  const { field } = error.details;
  if (typeof field !== 'string' || error.details.problems !== undefined) throw error;
  const told = error.message.startsWith(`${field}: `) ? error.message.slice(field.length + 2) : error.message;
  const details: InvalidInput = { field, error: told, problems: [{ field, error: told }] };
  throw new DomainError('invalid_input', `${field}: ${told}`, { ...details });
}

/** A change at an engine. */
interface Changed {
  /** Such as `container.stop`; its first word is the resource's kind. */
  readonly action: string;
  readonly id: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the entry of a change that succeeded, on disk before the answer. The engine keeps the state; the hub keeps who changed it. */
export async function noteChange(
  store: Pick<Store, 'apply'>,
  origin: RequestOrigin,
  { site, name: agent }: ConnectedAgent,
  { action, id, details }: Changed,
): Promise<void> {
  const [type = action] = action.split('.', 1);
  await store.apply({ by: null, writes: [changeAudit(origin, action, { type, id }, { ...details, site, agent })] });
}
