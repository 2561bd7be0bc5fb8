import type { Figures, TestType } from '@roundhouse/proto/suite-result';
import type { SchemaWork } from '@roundhouse/proto/work';
import type { Subject } from './instance/instance.js';
import type { Entry, Lists } from './lists.js';
import { Finding, type Recorder, Skip } from './recorder.js';

/** A case that an operator declared: a call and its expected answer. */
export interface Case {
  readonly name: string;
  readonly tool: string;
  /** A JSON object. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly expectError: boolean;
  /** Text that the result's text must contain; empty: any. */
  readonly contains: string;
  /** A regular expression that the text must match; empty: any. */
  readonly matches: string;
  /** A JSON Schema that `structuredContent` must satisfy; absent: any. */
  readonly structuredSchema?: unknown;
  /** Milliseconds; 0: the suite's default. */
  readonly timeoutMs: number;
}

/** The tests to run, and the tools that they may call. */
export interface SuiteRequest {
  readonly types: readonly TestType[];
  /** The time limit of the whole suite, milliseconds. */
  readonly timeoutMs: number;
  readonly safeTools: readonly string[];
  readonly cases: readonly Case[];
  /** The approved definitions (parsed JSON) by name; none: nothing has been approved. */
  readonly approved: ReadonlyMap<string, unknown>;
  readonly verbose: boolean;
  /** Why the site does not allow a tool to be called; `undefined` if it does. `tools`: the list of the instance that is tested. */
  readonly refused: (tool: string, tools: readonly Entry[]) => string | undefined;
}

/** Parts that all tests work with. */
export interface Bench {
  readonly request: SuiteRequest;
  readonly subject: Subject;
  readonly lists: Lists;
  readonly recorder: Recorder;
  /** All work on the server's schemas. */
  readonly schemas: SchemaWork;
  /** Why no tool is called, even if it was declared safe; `undefined` if tools may be called. */
  readonly static: string | undefined;
  readonly figures: { latency: Record<string, Figures['latency'][string]>; memory?: Figures['memory'] };
  /** Aborted when the tests have to stop. */
  readonly signal: AbortSignal;
}

/** Milliseconds that a call of a tool may take. */
export const callMs = 10_000;

export const remoteReason = 'a remote server is tested by its protocol and by its own description only';

/** A tool's answer, checked as far as MCP defines its form. */
export interface Called {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: unknown;
  /** The server's own error in place of a result. */
  readonly rpcError?: { readonly code: number; readonly message: string };
}

/**
 * Calls a tool.
 * @param args a JSON object, or its text.
 * @throws Finding if the answer is no tool result, AgentFailure if there is no answer.
 */
export async function call(
  { subject }: Pick<Bench, 'subject'>,
  tool: string,
  args: object | string,
  timeoutMs = callMs,
): Promise<Called> {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  const params = `{"name":${JSON.stringify(tool)},"arguments":${text}}`;
  const { result, error } = await subject.ask('tools/call', params, timeoutMs);
  if (error) return { isError: true, text: error.message, structured: undefined, rpcError: error };
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    throw new Finding(`the result of '${tool}' is not an object`);
  const { content, isError, structuredContent } = result as Readonly<Record<string, unknown>>;
  if (!Array.isArray(content)) throw new Finding(`the result of '${tool}' has no \`content\` array`);
  if (isError !== undefined && typeof isError !== 'boolean')
    throw new Finding(`\`isError\` in the result of '${tool}' is not a boolean`);
  return { isError: isError === true, text: textOf(content), structured: structuredContent };
}

function textOf(content: readonly unknown[]): string {
  return content
    .map((part) => (part as { readonly text?: unknown; readonly resource?: { readonly text?: unknown } } | null) ?? {})
    .flatMap(({ text, resource }) => [text, resource?.text].filter((each) => typeof each === 'string'))
    .join('\n');
}

/** Names of a test for one thing, as `test_fuzz[echo]`. */
export function named(test: string, of: string): string {
  return `${test}[${of}]`;
}

/**
 * Skips the test of each tool that may not be called, with the reason. @returns the tools that may be called
 */
export async function callable(bench: Bench, type: TestType, test: string): Promise<Entry[]> {
  const { recorder, lists, request, static: reason } = bench;
  const tools = await lists.entries('tools');
  const listed = new Set(tools.map(({ name }) => String(name)));
  for (const name of request.safeTools)
    if (reason === undefined && !listed.has(name))
      recorder.skip(type, named(test, name), 'the tool is declared safe, but the server does not offer it');
  const safe = new Set(request.safeTools);
  return tools.filter((tool) => {
    const name = String(tool.name);
    const why =
      reason ?? (safe.has(name) ? request.refused(name, tools) : 'the tool is not declared safe to be called');
    if (why !== undefined) recorder.skip(type, named(test, name), why);
    return why === undefined;
  });
}

/** Arguments that a tool takes: from a declared case, or made from its schema. @throws TaskError for a schema that is too costly */
export async function usualArguments(
  { request, schemas }: Pick<Bench, 'request' | 'schemas'>,
  tool: Entry,
): Promise<Readonly<Record<string, unknown>>> {
  const known = request.cases.find((each) => each.tool === tool.name && !each.expectError);
  return known?.arguments ?? schemas.sample(tool.inputSchema);
}

/** Fails the test, or skips it if blanked credentials may be the reason of the error. */
export function failsUnlessBlanked({ subject }: Pick<Bench, 'subject'>, error: string): never {
  if (subject.blanked.length > 0) throw new Skip(`${error}; that may be because its credentials are blanked`);
  throw new Finding(error);
}
