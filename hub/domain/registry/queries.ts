import { listOf, objectOf, type RegistryEntry, readEntry, textOf } from './entry.js';

/** The registry of the Model Context Protocol project. */
export const officialRegistry = 'https://registry.modelcontextprotocol.io';

/** The address of a registry, without a slash at its end; `undefined` if the text is not an address. */
export function registryAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!url || !isPlain || !['http:', 'https:'].includes(url.protocol)) return undefined;
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** How long an answer of a registry may take, milliseconds. */
export const ANSWER_MS = 30_000;
/** The longest answer, characters. */
export const LONGEST_ANSWER = 8 * 1024 * 1024;
/** Entries of a page: the most that the official registry gives. */
const PAGE = 100;
/** The most pages of a search: a registry may give empty pages. */
const MOST_PAGES = 20;

/**
 * Asks a registry for the JSON object at a path.
 * @param asked the thing that is missing if the registry does not have the path; absent: every registry has the path
 */
export type AskRegistry = (path: string, asked?: string) => Promise<Readonly<Record<string, unknown>>>;

/** The newest versions of servers whose names hold a text. @throws as `ask` */
export async function searchRegistry(ask: AskRegistry, text: string, limit: number): Promise<RegistryEntry[]> {
  const found: RegistryEntry[] = [];
  let cursor = '';
  for (let page = 0; page < MOST_PAGES && found.length < limit; page += 1) {
    const query = new URLSearchParams({ search: text, version: 'latest', limit: `${Math.min(PAGE, limit)}` });
    if (cursor !== '') query.set('cursor', cursor);
    const answer = await ask(`v0.1/servers?${query}`);
    found.push(...listOf(answer.servers).flatMap((one) => readEntry(one) ?? []));
    const next = textOf(objectOf(answer.metadata).nextCursor);
    if (next === '' || next === cursor) break;
    cursor = next;
  }
  return found.slice(0, limit);
}

/** One version of a server; `undefined` if the answer is not an entry. @throws as `ask` */
export async function entryOf(ask: AskRegistry, name: string, version: string): Promise<RegistryEntry | undefined> {
  const path = `v0.1/servers/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
  return readEntry(await ask(path, version === 'latest' ? `'${name}'` : `version ${version} of '${name}'`));
}

/** The JSON object of an answer; `undefined` for any other answer. */
export function answerObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** A registry's own words for a refusal: the specification has `error`, and the official registry answers by RFC 9457. */
export function refusalOf({ error, detail, title, errors }: Readonly<Record<string, unknown>>): string {
  const more = listOf(errors).map(({ message }) => textOf(message));
  return [textOf(error) || textOf(detail) || textOf(title), ...more].filter(Boolean).join(': ');
}
