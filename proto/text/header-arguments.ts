/** An argument of a tool that a header repeats (MCP 2026-07-28, `x-mcp-header`). */
export interface HeaderArgument {
  /** The header `Mcp-Param-NAME`, as the tool's schema writes the name. */
  readonly header: string;
  /** Where it stands in the arguments. */
  readonly path: readonly string[];
}

const mostLevels = 32;
/** How a tool may name the header of an argument. */
export const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** The arguments that a tool wants repeated in headers: only a property that a chain of `properties` leads to counts. */
export function headerArguments(inputSchema: unknown): HeaderArgument[] {
  return [...search(inputSchema, [])];
}

/** The value of such an argument, if the arguments have it and a header can repeat it. */
export function valueAt(args: unknown, { path }: HeaderArgument): string | number | boolean | undefined {
  const value = path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), args);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** A value as a header carries it: in Base64 if it is not printable ASCII, begins or ends with a blank, or looks encoded. */
export function headerText(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value);
  if (plain && !(value.startsWith('=?base64?') && value.endsWith('?='))) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

function* search(schema: unknown, path: readonly string[]): Generator<HeaderArgument> {
  if (!isObject(schema) || !isObject(schema.properties) || path.length >= mostLevels) return;
  for (const [key, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const name = property['x-mcp-header'];
    const at = [...path, key];
    if (typeof name === 'string' && headerName.test(name)) yield { header: `Mcp-Param-${name}`, path: at };
    yield* search(property, at);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
