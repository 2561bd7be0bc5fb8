import { isObject } from '../json-rpc.js';

/** An argument that a header repeats. */
export interface Repeated {
  /** In lower case. */
  readonly header: string;
  /** Where it stands in the arguments. */
  readonly path: readonly string[];
}

const MAX_DEPTH = 32;

/** What a tool wants repeated in headers (`x-mcp-header`): only what a chain of `properties` leads to counts. */
export function repeatedIn(inputSchema: unknown): Repeated[] {
  return [...search(inputSchema, [])];
}

/** An argument, if a header can repeat it. */
export function repeatable(args: unknown, { path }: Repeated): string | number | boolean | undefined {
  const value = path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), args);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function* search(schema: unknown, path: readonly string[]): Generator<Repeated> {
  if (!isObject(schema) || !isObject(schema.properties) || path.length >= MAX_DEPTH) return;
  for (const [key, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const header = property['x-mcp-header'];
    const at = [...path, key];
    if (typeof header === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(header))
      yield { header: `mcp-param-${header.toLowerCase()}`, path: at };
    yield* search(property, at);
  }
}
