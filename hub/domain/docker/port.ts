import { readAnswer } from '../agents/answer.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet } from '../agents/fleet.js';
import type { DockerOperation } from '../agents/fleet-docker.js';
import { type Shape, shaped } from '../agents/shape.js';
import type { Redactor } from '../audit/redactor.js';
import { redactedStream } from '../audit/stream.js';
import { DomainError, type InvalidInput } from '../errors.js';

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
    const reply = await this.#fleet().execute(id, operation, options).catch(fail);
    return this.#redactor.value(shaped<T>(readAnswer(reply), shape)) as T;
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
