import type { RegistryEntry } from '../../domain/registry/entry.js';
import {
  ANSWER_MS,
  answerObject,
  entryOf,
  LONGEST_ANSWER,
  officialRegistry,
  refusalOf,
  registryAddress,
  searchRegistry,
} from '../../domain/registry/queries.js';
import type { HubOptions } from './connection.js';
import { ContextFile } from './contexts.js';
import { CommandError } from './failures.js';
import type { Terminal } from './terminal.js';

/** The address of a registry, without a slash at its end. @throws CommandError if the text is no address */
export function registryUrl(text: string): string {
  const url = registryAddress(text);
  if (url === undefined)
    throw new CommandError(`'${text}' is not the address of a registry: give https://HOST`, 'usage');
  return url;
}

/**
 * The registry that a command asks. An option wins over a context that `--context` names. Such a context wins over the environment, and the
 * environment over the current context.
 * @throws CommandError if the address is not one
 */
export async function registryOf(
  { registry, context }: Pick<HubOptions, 'context'> & { readonly registry: string | undefined },
  { env, home }: Terminal,
): Promise<string> {
  if (registry !== undefined) return registryUrl(registry);
  const file = new ContextFile(env, home);
  const named = context === undefined ? undefined : (await file.get(context)).registry;
  const variables = env.ROUNDHOUSE_CONTEXT ? await file.get(env.ROUNDHOUSE_CONTEXT) : await file.current();
  return registryUrl(named ?? (env.ROUNDHOUSE_REGISTRY || variables?.registry) ?? officialRegistry);
}

/** An MCP registry, or a mirror. It gets no key of the hub. */
export class McpRegistry {
  /** @param address without a slash at its end */
  constructor(
    readonly address: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The newest versions of servers whose names contain a text. @throws CommandError if the registry refuses or does not answer */
  search(text: string, limit: number): Promise<RegistryEntry[]> {
    return searchRegistry((path) => this.#get(path), text, limit);
  }

  /** One version of a server. @throws CommandError if the registry does not have the version, refuses the request or does not answer */
  async get(name: string, version: string): Promise<RegistryEntry> {
    const entry = await entryOf((path, asked) => this.#get(path, asked), name, version);
    if (!entry) throw this.#isNone();
    return entry;
  }

  /** @param asked a name for the resource of the path, for the error 404; absent: every registry has the path */
  async #get(path: string, asked?: string): Promise<Readonly<Record<string, unknown>>> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(ANSWER_MS)]);
    let status: number;
    let body: string;
    try {
      const { send, textWithin } = await import('./http.js');
      const response = await send(`${this.address}/${path}`, { signal, headers: { accept: 'application/json' } });
      status = response.status;
      const location = response.headers.get('location');
      if (status >= 300 && status < 400 && location !== null)
        throw new CommandError(`${this.address} redirects to ${location}: give that address`, 'unreachable');
      const text = await textWithin(response, LONGEST_ANSWER);
      if (text === undefined)
        throw new CommandError(`${this.address} gave an answer of more than ${LONGEST_ANSWER} characters`);
      body = text;
    } catch (error) {
      if (this.signal.aborted || error instanceof CommandError) throw error;
      const { cause, message } = error as Error;
      const [reason] = (cause instanceof Error ? cause.message || String(cause) : message).split('\n');
      throw new CommandError(`no registry answers at ${this.address}: ${reason}`, 'unreachable');
    }
    if (status === 404 && asked !== undefined) throw new CommandError(`${this.address} has no ${asked}`, 'missing');
    const answer = answerObject(body);
    if (status === 200 && answer) return answer;
    const reason = answer && refusalOf(answer);
    if (!reason || status === 404) throw this.#isNone(status);
    throw new CommandError(
      `${this.address} refuses: ${reason}`,
      status === 401 || status === 403 ? 'denied' : 'failed',
    );
  }

  #isNone(status = 200): CommandError {
    return new CommandError(`${this.address} is not an MCP registry: it answered ${status}`, 'unreachable');
  }
}
