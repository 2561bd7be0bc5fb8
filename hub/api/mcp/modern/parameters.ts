import type { OfferedTool, ToolOffer } from '../../../domain/mcp/tool-offers.js';
import type { Context } from '../../../http/endpoint.js';
import { isObject, type Params } from '../json-rpc.js';
import { decoded, mismatch } from './headers.js';

/** An argument that a header repeats. */
interface Repeated {
  readonly header: string;
  /** Where it stands in the arguments. */
  readonly path: readonly string[];
}

const MAX_DEPTH = 32;
const known = new WeakMap<OfferedTool, readonly Repeated[]>();

/**
 * A tool may want some of its arguments repeated in headers (`x-mcp-header`); they must be there, and say the same.
 * @throws RpcError -32020
 */
export function checkParameters(
  context: Pick<Context, 'header'>,
  { name, arguments: args }: Params,
  offer: ToolOffer,
): void {
  const tool = offer.byName.get(String(name));
  if (!tool?.json.includes('"x-mcp-header"')) return;
  for (const { header, path } of repeatedBy(tool)) {
    const value = path.reduce<unknown>(
      (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
      args,
    );
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const given = context.header(header);
    const where = path.join('.');
    if (given === '' && value !== '') throw mismatch(`${header} is missing, and the body has ${where}`);
    const text = decoded(header, given);
    const same = typeof value === 'number' ? text !== '' && Number(text) === value : text === String(value);
    if (!same) throw mismatch(`${header} says '${text.slice(0, 200)}', and ${where} in the body something else`);
  }
}

function repeatedBy(tool: OfferedTool): readonly Repeated[] {
  let repeated = known.get(tool);
  if (!repeated) {
    const { inputSchema } = JSON.parse(tool.json) as { readonly inputSchema?: unknown };
    repeated = [...search(inputSchema, [])];
    known.set(tool, repeated);
  }
  return repeated;
}

/** Only what a chain of `properties` leads to counts. */
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
