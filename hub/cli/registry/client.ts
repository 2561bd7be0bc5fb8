import { textWithin } from '../frame/bounded-text.js';
import { CommandError } from '../frame/failures.js';
import { listOf, objectOf, type RegistryEntry, readEntry, textOf } from './entry.js';

/** How long an answer may take, milliseconds. */
const LIMIT_MS = 30_000;
/** An answer is no longer, characters. */
const LONGEST_ANSWER = 8 * 1024 * 1024;
/** Entries of a page: the most that the official registry gives. */
const PAGE = 100;

/** An MCP registry, or a mirror of one. It gets no key of the hub. */
export class McpRegistry {
  /** @param address without a slash at its end */
  constructor(
    readonly address: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The newest versions of servers whose names hold a text. @throws CommandError if the registry refuses or does not answer */
  async search(text: string, limit: number): Promise<RegistryEntry[]> {
    const found: RegistryEntry[] = [];
    let cursor = '';
    do {
      const query = new URLSearchParams({ search: text, version: 'latest', limit: `${Math.min(PAGE, limit)}` });
      if (cursor !== '') query.set('cursor', cursor);
      const answer = await this.#get(`v0.1/servers?${query}`);
      found.push(...listOf(answer.servers).flatMap((one) => readEntry(one) ?? []));
      const next = textOf(objectOf(answer.metadata).nextCursor);
      // A registry that gives a cursor again would never end.
      if (next === cursor) break;
      cursor = next;
    } while (cursor !== '' && found.length < limit);
    return found.slice(0, limit);
  }

  /** One version of a server. @throws CommandError if the registry does not have the version, refuses the request or does not answer */
  async get(name: string, version: string): Promise<RegistryEntry> {
    const path = `v0.1/servers/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
    const entry = readEntry(
      await this.#get(path, version === 'latest' ? `'${name}'` : `version ${version} of '${name}'`),
    );
    if (!entry) throw this.#isNone();
    return entry;
  }

  /** @param asked the meaning of a missing path; absent: every registry has it */
  async #get(path: string, asked?: string): Promise<Readonly<Record<string, unknown>>> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(LIMIT_MS)]);
    let status: number;
    let body: string;
    try {
      const { send } = await import('../frame/http.js');
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
    const answer = parsed(body);
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

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The registry's own words: the specification has `error`, and the official registry answers by RFC 9457. */
function refusalOf({ error, detail, title, errors }: Readonly<Record<string, unknown>>): string {
  const more = listOf(errors).map(({ message }) => textOf(message));
  return [textOf(error) || textOf(detail) || textOf(title), ...more].filter(Boolean).join(': ');
}
