import type { RequestOrigin } from '../access/caller.js';
import { ask } from '../agents/answer.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet } from '../agents/fleet.js';
import type { DockerOperation } from '../agents/fleet-docker.js';
import { redactedStream } from '../agents/redacted-stream.js';
import type { Shape } from '../agents/shape.js';
import { changeAudit } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError, type InvalidInput } from '../errors.js';
import type { Store } from '../store.js';

/** Speaks to Docker Engines through their agents, and takes known secrets out of their answers. */
export class DockerPort {
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;

  constructor(fleet: () => Fleet, redactor: Redactor) {
    this.#fleet = fleet;
    this.#redactor = redactor;
  }

  /** Gives the JSON object that an operation is answered with, in the form that `docker.proto` says. @throws DomainError */
  async ask<T extends object>(
    { id }: ConnectedAgent,
    operation: DockerOperation,
    shape: Shape<T>,
    options: CommandOptions,
  ): Promise<T> {
    const answer = await ask<T>(this.#fleet(), id, operation, shape, options).catch(fail);
    return this.#redactor.value(answer) as T;
  }

  /** Opens the stream of lines that an operation puts out. @throws DomainError */
  async open({ id }: ConnectedAgent, operation: DockerOperation, options: CommandOptions): Promise<ByteStream> {
    return redactedStream(await this.#fleet().open(id, operation, options).catch(fail), this.#redactor);
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
  await store.apply({ writes: [changeAudit(origin, action, { type, id }, { ...details, site, agent })] });
}
