import type { Roundhouse } from '@roundhouse/sdk';
import { version } from '../../host/package.js';
import { CommandError, type ExitReason } from './failures.js';
import type { Output } from './output.js';

/** The version of MCP without sessions: each request describes itself. */
const REVISION = '2026-07-28';

interface RpcAnswer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly message?: unknown };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly result?: {
    readonly structuredContent?: unknown;
    readonly content?: readonly { readonly text?: string }[];
    readonly isError?: boolean;
  };
}

/**
 * Calls an operation of the hub that only its MCP server offers, such as those on containers.
 * @throws CommandError with the hub's message if the operation is refused or fails
 */
export async function operate<T>(
  { hub, out, signal }: { readonly hub: Roundhouse; readonly out: Output; readonly signal: AbortSignal },
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<T> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'roundhouse', version },
    'io.modelcontextprotocol/clientCapabilities': {},
    progressToken: 1,
  };
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta } };
  const headers = { 'MCP-Protocol-Version': REVISION, 'Mcp-Method': 'tools/call', 'Mcp-Name': name };
  const work = hub.mcp.mcp.postMessage(message, { operations: true }, { signal, headers, timeoutMs: 0 });
  const onNote = (note: string) => out.progress.show(note);
  const { error, result } = await answerOf(await work, onNote);
  out.progress.stop();
  if (error) throw new CommandError(error.message, reasonOf(error.data));
  const said = (result?.content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n');
  if (result?.isError) throw refusalOf(said);
  return (result?.structuredContent ?? JSON.parse(said)) as T;
}

/** Reads the answer: JSON, or a stream of events with progress notes. */
async function answerOf(response: Response, onNote: (text: string) => void): Promise<RpcAnswer> {
  if (!/event-stream/.test(response.headers.get('content-type') ?? '')) return (await response.json()) as RpcAnswer;
  const { createParser } = await import('eventsource-parser');
  let answer: RpcAnswer | undefined;
  const parser = createParser({
    onEvent({ data }) {
      const message = JSON.parse(data) as RpcAnswer;
      if (message.id !== undefined && message.method === undefined) answer = message;
      else if (typeof message.params?.message === 'string') onNote(message.params.message);
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  if (!answer) throw new CommandError('the connection broke before the answer was complete');
  return answer;
}

/** The refusal or failure in the text of an answer: an object with the hub's message and its error code. */
function refusalOf(text: string): CommandError {
  let failure: { readonly error?: unknown; readonly code?: unknown } = {};
  try {
    failure = JSON.parse(text) as typeof failure;
  } catch {
    // The text itself is the message.
  }
  return new CommandError(typeof failure.error === 'string' ? failure.error : text, reasonOf(failure));
}

function reasonOf(data: unknown): ExitReason {
  const { code } = (typeof data === 'object' && data !== null ? data : {}) as { readonly code?: unknown };
  if (code === 'not_found') return 'missing';
  if (code === 'upstream_failed' || code === 'timeout') return 'outcome';
  return code === 'forbidden' ? 'denied' : 'failed';
}
