import { elementTexts, memberText } from '@roundhouse/proto/json';
import { headerFault } from './header-rules.js';
import { isObject } from './messages.js';

/** An argument that a tool wants repeated in a header, and where it stands. */
interface Repeated {
  readonly header: string;
  readonly path: readonly string[];
}

const MAX_DEPTH = 32;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** The headers by which requests of 2026-07-28 can be told apart without reading their bodies. */
export class RepeatedHeaders {
  readonly #tools = new Map<string, readonly Repeated[]>();

  /**
   * Learns what tools want repeated.
   * @param result of `tools/list` (JSON text)
   * @param leftOut told of each tool that wants what must not be wanted
   * @returns the result without those tools
   */
  learn(result: string, leftOut: (name: string, reason: string) => void = () => {}): string {
    const tools = memberText(result, 'tools') ?? '[]';
    const texts = tools.startsWith('[') ? elementTexts(tools) : [];
    const kept = texts.filter((text) => {
      if (!text.startsWith('{')) return true;
      const { name, inputSchema } = JSON.parse(text) as { readonly name?: unknown; readonly inputSchema?: unknown };
      if (typeof name !== 'string') return true;
      this.#tools.delete(name);
      if (!text.includes('"x-mcp-header"')) return true;
      const fault = headerFault(inputSchema);
      if (fault !== undefined) {
        leftOut(name, fault);
        return false;
      }
      const repeated = [...search(inputSchema, [])];
      if (repeated.length > 0) this.#tools.set(name, repeated);
      return true;
    });
    return kept.length === texts.length ? result : result.replace(tools, () => `[${kept.join(',')}]`);
  }

  /** @param params JSON text */
  of(method: string, params: string): Record<string, string> {
    const headers: Record<string, string> = { 'Mcp-Method': method };
    const source = Object.hasOwn(named, method) ? named[method] : undefined;
    if (source === undefined) return headers;
    const name: unknown = JSON.parse(memberText(params, source) ?? 'null');
    if (typeof name !== 'string') return headers;
    headers['Mcp-Name'] = encoded(name);
    const repeated = method === 'tools/call' ? this.#tools.get(name) : undefined;
    if (repeated === undefined) return headers;
    const args: unknown = JSON.parse(memberText(params, 'arguments') ?? '{}');
    for (const { header, path } of repeated) {
      const value = path.reduce<unknown>(
        (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
        args,
      );
      const text = textOf(value);
      if (text !== undefined) headers[header] = encoded(text);
    }
    return headers;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A value that a header cannot hold is encoded in Base64. */
export function encoded(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value);
  if (plain && !(value.startsWith('=?base64?') && value.endsWith('?='))) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** Only properties that a chain of `properties` leads to count. */
function* search(schema: unknown, path: readonly string[]): Generator<Repeated> {
  if (!isObject(schema) || !isObject(schema.properties) || path.length >= MAX_DEPTH) return;
  for (const [key, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const header = property['x-mcp-header'];
    const at = [...path, key];
    if (typeof header === 'string' && token.test(header)) yield { header: `Mcp-Param-${header}`, path: at };
    yield* search(property, at);
  }
}
