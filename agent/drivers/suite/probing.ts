import { AgentFailure } from '../../failure.js';
import { type Bench, type Called, call, callMs, usualArguments } from './bench.js';
import type { Entry } from './lists.js';
import { Finding } from './recorder.js';

/** The most fields of one tool that are tested. */
const mostFields = 12;

/** A field of a tool's arguments. */
export interface Field {
  readonly name: string;
  readonly isText: boolean;
  /** The arguments that the tool usually gets, with another value of the field; JSON texts. */
  put(json: string): string;
}

/** The fields of a tool's arguments that are tested. @throws TaskError for a schema that is too costly */
export async function fieldsOf(bench: Bench, tool: Entry): Promise<Field[]> {
  const usual = await usualArguments(bench, tool);
  const all = { ...(await bench.schemas.sample(tool.inputSchema, { optional: true })), ...usual };
  return Object.keys(all)
    .slice(0, mostFields)
    .map((name) => ({
      name,
      isText: typeof all[name] === 'string' || holdsText(all[name]),
      put(json) {
        const others = Object.entries(usual).filter(([key]) => key !== name);
        const members = others.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
        const value = Array.isArray(all[name]) && json.startsWith('"') ? `[${json}]` : json;
        return `{${[...members, `${JSON.stringify(name)}:${value}`].join(',')}}`;
      },
    }));
}

function holdsText(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === 'string');
}

/** Calls a tool with arguments that may be too much for it. @param answers whether the server has to answer. @throws Finding */
export async function attempt(
  bench: Bench,
  tool: string,
  what: string,
  json: string,
  answers: boolean,
): Promise<Called | undefined> {
  const { subject, signal } = bench;
  signal.throwIfAborted();
  try {
    return await call(bench, tool, json, answers ? callMs : callMs / 2);
  } catch (error) {
    if (signal.aborted || !(error instanceof AgentFailure)) throw error;
    if (subject.ended !== undefined)
      throw new Finding(
        `'${tool}' ended the server when it got ${what}: ${subject.ended}`,
        `${json}\n${subject.trace}`,
      );
    if (error.kind !== 'timeout') throw error;
    if (answers) throw new Finding(`'${tool}' gave no answer within ${callMs / 1000} s when it got ${what}`, json);
    await stillThere(bench, tool, what, json);
    return undefined;
  }
}

/** Checks that the server still runs: a process may end shortly after its answer. */
export async function stillThere({ subject }: Bench, tool: string, what: string, json: string): Promise<void> {
  if (subject.ended === undefined) {
    try {
      await subject.alive();
      return;
    } catch (error) {
      if (!(error instanceof AgentFailure)) throw error;
      if (subject.ended === undefined)
        throw new Finding(`the server does not answer any more since '${tool}' got ${what}: ${error.message}`, json);
    }
  }
  throw new Finding(`'${tool}' ended the server after ${what}: ${subject.ended}`, `${json}\n${subject.trace}`);
}
