import type { OfferedTool, ToolOffer } from '../../../domain/mcp/tool-offers.js';
import type { Context } from '../../../http/endpoint.js';
import type { Params } from '../json-rpc.js';
import { decoded, mismatch } from './headers.js';
import { type Repeated, repeatable, repeatedIn } from './repeated.js';

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
  for (const repeated of repeatedBy(tool)) {
    const { header, path } = repeated;
    const value = repeatable(args, repeated);
    if (value === undefined) continue;
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
    repeated = repeatedIn(inputSchema);
    known.set(tool, repeated);
  }
  return repeated;
}
