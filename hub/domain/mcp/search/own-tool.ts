import type { ObservedTool } from '../../servers/observed.js';

/** One of the hub's own tools. */
export interface OwnTool {
  readonly name: string;
  /** Its definition (JSON text). */
  readonly json: string;
}

/** How their names begin; that says nothing about what they are for. */
const PREFIX = 'roundhouse_';

/** One of the hub's own tools as servers' are known. */
export function observedOf({ name, json }: OwnTool): ObservedTool {
  const { description, inputSchema, annotations } = JSON.parse(json) as {
    readonly description: string;
    readonly inputSchema: object;
    readonly annotations: { readonly readOnlyHint: boolean };
  };
  return {
    name: name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name,
    description,
    inputSchema: JSON.stringify(inputSchema),
    readOnly: annotations.readOnlyHint,
    definition: json,
  };
}
