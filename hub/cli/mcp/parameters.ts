import { type HeaderArgument, headerArguments, headerText, valueAt } from '@roundhouse/proto/header-arguments';
import { isObject } from './message.js';

const MARK = '"x-mcp-header"';

/** Which arguments the tools of the hub want repeated in headers (2026-07-28), as far as their lists were seen. */
export class ToolParameters {
  readonly #tools = new Map<string, readonly HeaderArgument[]>();

  /**
   * Takes note of a page of tools.
   * @param answer to `tools/list` (JSON text)
   * @returns the cursor of the next page
   */
  learn(answer: string): string | undefined {
    if (this.#tools.size === 0 && !answer.includes(MARK) && !answer.includes('"nextCursor"')) return undefined;
    const { result } = JSON.parse(answer) as { readonly result?: unknown };
    if (!isObject(result)) return undefined;
    for (const tool of Array.isArray(result.tools) ? result.tools : []) {
      if (!isObject(tool) || typeof tool.name !== 'string') continue;
      const repeated = headerArguments(tool.inputSchema);
      if (repeated.length > 0) this.#tools.set(tool.name, repeated);
      else this.#tools.delete(tool.name);
    }
    return typeof result.nextCursor === 'string' ? result.nextCursor : undefined;
  }

  /** The headers of a tool call. @param params of `tools/call` */
  headersOf({ name, arguments: args }: Readonly<Record<string, unknown>>): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const repeated of this.#tools.get(String(name)) ?? []) {
      const value = valueAt(args, repeated);
      if (value !== undefined) headers[repeated.header] = headerText(String(value));
    }
    return headers;
  }
}
