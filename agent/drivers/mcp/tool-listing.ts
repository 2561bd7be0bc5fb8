/** A tool as its server describes it. */
export interface ListedTool {
  readonly name: string;
  /** The whole `Tool` object as the server sent it (JSON). */
  readonly definition: Uint8Array;
}

/** A server's tool list, read to its last page. */
export interface ToolListing {
  readonly tools: readonly ListedTool[];
  /** The `_meta` of its first page, the text of a JSON object; empty for none. */
  readonly meta: string;
}

export const NO_TOOLS: ToolListing = { tools: [], meta: '' };
