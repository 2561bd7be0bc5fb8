import { access } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Bench, callable, named, usualArguments } from '../bench.js';
import { canaryFile, hostile, oversize, passwdLine, shellProbe, traversals } from '../instance/payloads.js';
import type { Entry } from '../lists.js';
import { attempt, type Field, fieldsOf, stillThere } from '../probing.js';
import { Finding, Skip } from '../recorder.js';

const type = 'security';
/** Bounds for each test of a tool. */
const bounds = { inputs: 300, findings: 3, budgetMs: 10_000, effectMs: 150 } as const;

/** An input of a tool: JSON text of its arguments, and its description. */
interface Input {
  readonly what: string;
  readonly json: string;
}

/** Calls safe tools with unexpected arguments. No call may end the server, or reach files outside its own. */
export async function fuzzTests(bench: Bench): Promise<void> {
  const { recorder } = bench;
  for (const tool of await callable(bench, type, 'test_fuzz')) {
    const name = String(tool.name);
    await recorder.test(type, named('test_fuzz', name), async () => {
      const usual = await usualArguments(bench, tool);
      const all = await bench.schemas.sample(tool.inputSchema, { optional: true });
      return survives(bench, tool, fuzzed(await fieldsOf(bench, tool), usual, all), true);
    });
    await recorder.test(type, named('test_oversize_input', name), async () =>
      survives(bench, tool, large(await fieldsOf(bench, tool)), false),
    );
    await recorder.test(type, named('test_path_traversal', name), () => pathTraversal(bench, tool));
    await recorder.test(type, named('test_shell_injection', name), () => shellInjection(bench, tool));
  }
}

/** Hostile values for each field, alternating between the fields, so that the limit treats all fields alike. */
function* fuzzed(fields: readonly Field[], usual: object, all: object): Generator<Input> {
  yield { what: 'what it usually gets', json: JSON.stringify(usual) };
  yield { what: 'everything that it may get', json: JSON.stringify(all) };
  yield { what: 'nothing', json: '{}' };
  yield { what: 'a field that it does not know', json: '{"roundhouse_no_such_field":1}' };
  yield { what: 'the prototype', json: '{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}' };
  for (const { name: what, value } of hostile)
    for (const field of fields) yield { what: `${what} as \`${field.name}\``, json: field.put(JSON.stringify(value)) };
}

function* large(fields: readonly Field[]): Generator<Input> {
  const [first = { name: 'x', put: (json: string) => `{"x":${json}}` }, ...others] = fields;
  for (const { name, json } of oversize())
    for (const field of [first, ...others]) yield { what: `${name} as \`${field.name}\``, json: field.put(json) };
}

/** @param answers whether the server has to answer each input; an input that is too large for its reader may get no answer */
async function survives(bench: Bench, tool: Entry, inputs: Iterable<Input>, answers: boolean): Promise<void> {
  const name = String(tool.name);
  const end = performance.now() + bounds.budgetMs;
  let done = 0;
  const found: Finding[] = [];
  let gone = false;
  const keep = (error: unknown) => {
    if (error instanceof Finding) found.push(error);
    // The server does not start any more: the findings so far are enough.
    else if (found.length === 0 || bench.signal.aborted) throw error;
    else gone = true;
  };
  for (const { what, json } of inputs) {
    if (done >= bounds.inputs || found.length >= bounds.findings || gone || (done > 0 && performance.now() > end))
      break;
    done += 1;
    // A server that ended is started again, and gets the next input.
    await attempt(bench, name, what, json, answers).catch(keep);
  }
  await stillThere(bench, name, 'the last input', '').catch(keep);
  const [first, ...others] = found;
  if (!first) return;
  const more =
    others.length === 0 ? '' : `; and ${others.length} more: ${others.map(({ message }) => message).join('; ')}`;
  throw new Finding(first.message + more, first.trace);
}

async function pathTraversal(bench: Bench, tool: Entry): Promise<void> {
  const { subject } = bench;
  const name = String(tool.name);
  const fields = (await fieldsOf(bench, tool)).filter(({ isText }) => isText);
  if (fields.length === 0) throw new Skip('the tool takes no text');
  const end = performance.now() + bounds.budgetMs;
  for (const { name: way, value } of traversals(subject.outside)) {
    for (const field of fields) {
      if (performance.now() > end) return;
      const json = field.put(JSON.stringify(value));
      const called = await attempt(bench, name, `a path (${way})`, json, true);
      const shown = `${called?.text ?? ''}\n${JSON.stringify(called?.structured ?? null)}`;
      if (!holdsCanary(shown) && !passwdLine.test(shown)) continue;
      throw new Finding(`'${name}' reads files outside of its folder: \`${field.name}\`, ${way}`, `${json}\n${shown}`);
    }
  }
}

/** Whether a text contains the canary, also in base64, as some servers return files. */
function holdsCanary(shown: string): boolean {
  const { content } = canaryFile;
  return shown.includes(content) || shown.includes(Buffer.from(content).toString('base64').slice(0, 32));
}

async function shellInjection(bench: Bench, tool: Entry): Promise<void> {
  const { subject } = bench;
  const name = String(tool.name);
  const fields = (await fieldsOf(bench, tool)).filter(({ isText }) => isText);
  if (fields.length === 0) throw new Skip('the tool takes no text');
  await subject.peer();
  const { inputs, output, marker } = shellProbe(subject.folder);
  const found = (what: string, json: string) =>
    new Finding(`'${name}' hands its input to a shell: ${what}`, `${json}\n${subject.trace}`);
  const end = performance.now() + bounds.budgetMs;
  let last = '';
  for (const { name: way, value } of inputs) {
    for (const field of fields) {
      if (performance.now() > end) break;
      last = field.put(JSON.stringify(value));
      const called = await attempt(bench, name, `a command (${way})`, last, true);
      const shown = `${called?.text ?? ''}\n${JSON.stringify(called?.structured ?? null)}`;
      if (shown.includes(output) || (await exists(marker))) throw found(`\`${field.name}\`, ${way}`, last);
    }
  }
  // A command may go on after the answer.
  await pause(bounds.effectMs, undefined, { signal: bench.signal }).catch(() => {});
  if (await exists(marker)) throw found('one of the last inputs', last);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
