import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { textOf } from './mcp-answers.js';
import type { Hub } from './roundhouse.js';

interface ToolAnswer {
  readonly isError?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly structuredContent?: any;
}

/** Calls the hub's own tools, named without their prefix: gives a tool's result, or throws its error (`code`, `details`). */
export function toolsOf(client: Client) {
  return async (name: string, args: Record<string, unknown> = {}, options: RequestOptions = {}) => {
    const call = client.callTool({ name: `roundhouse_${name}`, arguments: args }, undefined, options);
    const answer = (await call) as ToolAnswer;
    if (!answer.isError) return answer.structuredContent;
    const { error, code, details } = JSON.parse(textOf(answer));
    throw Object.assign(new Error(error), { code, details });
  };
}

/** The audit log's entries of an action, newest first. */
export async function auditOf(hub: Hub, action: string) {
  const { body } = await hub.call('GET', `/api/audit?action=${action}`);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return body.data.entries.map((entry: any) => ({ ...entry, success: entry.details.success }));
}
