import { entryBound } from '@roundhouse/proto/bounds';
import { elementTexts, memberText } from '@roundhouse/proto/json';
import { jsonCost } from '@roundhouse/proto/json-cost';
import { AgentFailure } from '../../../failure.js';
import type { McpLimits } from '../limits.js';
import type { Session } from '../session/session.js';
import type { ListedTool, ToolListing } from '../tool-listing.js';

const MiB = 1024 * 1024;
/** Tools with longer names are left out, characters. MCP advises at most 128. */
const MAX_NAME = 1024;
/** Tools with longer titles are left out, characters. */
const MAX_TITLE = 4096;
/** A list's `_meta` that is longer than this is left out, characters. */
const MAX_META = 64 * 1024;

interface Page {
  readonly tools: readonly { readonly name: unknown; readonly title: unknown; readonly text: string }[];
  readonly cursor: string | undefined;
  readonly meta: string;
}

/**
 * Reads a server's tool list to its last page. It leaves out entries without a usable name and entries that are too large. Of two entries
 * with the same name the first one counts. All this is reported through `remark`.
 * @throws AgentFailure `upstream` (an unusable list, a cursor that comes again, too many pages), `timeout`, …
 */
export async function listTools(
  session: Session,
  limits: McpLimits,
  remark: (message: string) => void,
  signal?: AbortSignal,
): Promise<ToolListing> {
  const tools = new Map<string, ListedTool>();
  let meta: string | undefined;
  const listing = () => ({ tools: [...tools.values()], meta: meta ?? '' });
  let left = limits.toolListBytes;
  let valuesLeft = limits.toolListValues;
  const cursors = new Set<string>();
  for (let params = '{}'; ; ) {
    const page = await session.request('tools/list', params, readPage, { timeoutMs: limits.listMs, signal });
    meta ??= page.meta;
    for (const { name, title, text } of page.tools) {
      if (typeof name !== 'string' || name === '')
        remark(`a tool without a usable name was left out: ${text.slice(0, 200)}`);
      else if (name.length > MAX_NAME)
        remark(`the tool ${shortened(name)} was left out: its name has more than ${MAX_NAME} characters`);
      else if (typeof title === 'string' && title.length > MAX_TITLE)
        remark(`the tool ${shortened(name)} was left out: its title has more than ${MAX_TITLE} characters`);
      else if (tools.has(name))
        remark(`the tool ${JSON.stringify(name)} is listed more than once; the first one counts`);
      else if (tools.size === limits.tools) {
        remark(`the tool list has more than ${limits.tools} tools; the first ${limits.tools} count`);
        return listing();
      } else {
        const definition = Buffer.from(text);
        const values = jsonCost(text, Math.max(valuesLeft, entryBound.values)) ?? 0;
        const beyond = beyondEntry(definition.length, values);
        if (beyond !== undefined) {
          remark(`the tool ${shortened(name)} was left out: its definition has more than ${beyond}`);
          continue;
        }
        left -= definition.length;
        valuesLeft -= values;
        if (left < 0 || valuesLeft < 0) {
          const bound = left < 0 ? `${limits.toolListBytes / MiB} MiB` : `${limits.toolListValues} values`;
          remark(`the tool list is larger than ${bound}; of its tools the first ${tools.size} count`);
          return listing();
        }
        tools.set(name, { name, definition });
      }
    }
    if (page.cursor === undefined) return listing();
    if (cursors.has(page.cursor)) throw unusable('its cursor came twice');
    cursors.add(page.cursor);
    if (cursors.size >= limits.toolPages) throw unusable(`it has more than ${limits.toolPages} pages`);
    params = `{"cursor":${JSON.stringify(page.cursor)}}`;
  }
}

function readPage(result: unknown, text: string | Uint8Array): Page {
  if (typeof result !== 'object' || result === null) throw unusable('the result is not an object');
  const { tools, nextCursor } = result as { tools?: unknown; nextCursor?: unknown };
  if (!Array.isArray(tools)) throw unusable('`tools` is not an array');
  const meta = memberText(String(text), '_meta');
  const texts = elementTexts(memberText(String(text), 'tools') ?? '[]');
  return {
    tools: tools.map((tool: { name?: unknown; title?: unknown } | null, i) => ({
      ...{ name: tool?.name, title: tool?.title },
      text: texts[i] ?? '{}',
    })),
    cursor: typeof nextCursor === 'string' && nextCursor !== '' ? nextCursor : undefined,
    meta: meta?.startsWith('{') && meta.length <= MAX_META ? meta : '',
  };
}

/** The bound that a definition exceeds; `undefined` if the hub reads it. */
function beyondEntry(bytes: number, values: number): string | undefined {
  if (bytes > entryBound.bytes) return `${entryBound.bytes / 1024} KiB`;
  return values > entryBound.values ? `${entryBound.values} values` : undefined;
}

/** A name for a remark. */
function shortened(name: string): string {
  return name.length <= 200 ? JSON.stringify(name) : `${JSON.stringify(name.slice(0, 200))}…`;
}

function unusable(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server's tool list is unusable: ${reason}`, { reason });
}
