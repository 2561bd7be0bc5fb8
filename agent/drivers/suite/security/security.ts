import { setImmediate as turn } from 'node:timers/promises';
import { type Bench, named } from '../bench.js';
import { type Entry, type ListName, type Lists, listKinds, readList } from '../lists.js';
import { Finding, Skip, shown } from '../recorder.js';
import { fuzzTests } from './fuzz.js';
import { hiddenText } from './hidden-text.js';
import { instructionIn } from './instruction-rules.js';

const type = 'security';

/** Tests for harm to the server's users: in its descriptions, in its handling of inputs, and in its exposure of the environment. */
export async function securityTests(bench: Bench): Promise<void> {
  await definitionTests(bench);
  await stableDefinitions(bench);
  await fuzzTests(bench);
  await echoTests(bench);
}

/** Tests that send no request to the server. */
export async function definitionTests(bench: Bench): Promise<void> {
  await descriptionTests(bench);
  await approvedDefinitions(bench);
}

async function descriptionTests({ recorder, lists, subject }: Bench): Promise<void> {
  for (const { name, texts } of await descriptions(lists, (text) => subject.watch.hide(text))) {
    // Calls of other servers go on in between.
    await turn();
    await recorder.test(type, named('test_hidden_text', name), () => {
      for (const { where, text } of texts) {
        const hidden = hiddenText(text);
        if (hidden) throw new Finding(`${where} hides ${hidden.name}: ${hidden.shown}`, text);
      }
    });
    await recorder.test(type, named('test_instructions', name), () => {
      for (const { where, text } of texts) {
        const found = instructionIn(text);
        if (found) throw new Finding(`${where} ${found.rule.means} (${found.rule.name}): '${found.quote}'`, text);
      }
    });
  }
}

/** Runs last, because canaries count that the server shows in tests of any type. */
async function echoTests({ recorder, subject }: Bench): Promise<void> {
  const { watch } = subject;
  if (watch.names.length === 0) {
    const reason = subject.own
      ? 'nothing in its environment looks like a secret'
      : 'a remote server is not given canaries in place of secrets';
    recorder.skip(type, 'test_secret_echo', reason);
    return;
  }
  for (const name of watch.names) {
    await recorder.test(type, named('test_secret_echo', name), () => {
      const echo = watch.echoes.find((each) => each.name === name);
      if (!echo) return;
      const during = echo.during === '' ? 'when it started' : `during ${echo.during}`;
      const how = echo.form === 'plain' ? '' : `, ${echo.form}`;
      throw new Finding(`the value of ${name} was shown in ${echo.where}${how}, ${during}`, '');
    });
  }
}

/** A text of a server that a model reads. */
export interface Described {
  /** The place of the text, such as `description`. */
  readonly where: string;
  readonly text: string;
}

/** A thing that a server describes, with all the texts of its description. */
export interface Subject {
  /** The name for people, such as `tool echo`. */
  readonly name: string;
  readonly texts: readonly Described[];
}

/** The most texts of one subject that are checked, and the most characters of each text and of all. */
const most = { texts: 2000, characters: 16_384, total: 262_144, depth: 24 } as const;

const nouns: Readonly<Record<ListName, string>> = {
  tools: 'tool',
  resources: 'resource',
  templates: 'template',
  prompts: 'prompt',
};

/**
 * All texts with which a server describes itself and its offers.
 * @param hide removes canaries from a text. It comes before all cuts and changes of the text, after which no search finds a canary.
 */
async function descriptions(lists: Lists, hide: Hide): Promise<Subject[]> {
  const { serverInfo, instructions } = await lists.initialized();
  const found: Subject[] = [{ name: 'server', texts: textsOf({ serverInfo, instructions }, hide) }];
  for (const list of Object.keys(listKinds) as ListName[])
    for (const entry of await lists.entries(list))
      found.push({ name: `${nouns[list]} ${lists.nameOf(entry, listKinds[list])}`, texts: textsOf(entry, hide) });
  return found;
}

type Hide = (text: string) => string;

/** All texts within a value, including the names of members. */
function textsOf(value: Entry, hide: Hide): Described[] {
  const texts: Described[] = [];
  let total = 0;
  const walk = (at: unknown, where: string, depth: number): void => {
    if (texts.length >= most.texts || total >= most.total || depth > most.depth) return;
    if (typeof at === 'string') {
      const text = hide(at).slice(0, most.characters);
      total += text.length;
      texts.push({ where, text });
    }
    if (typeof at !== 'object' || at === null) return;
    for (const [member, inner] of Object.entries(at)) {
      const key = hide(member);
      const inside = where === '' ? key : `${where}.${key}`;
      if (!Array.isArray(at) && depth > 0)
        texts.push({ where: `the name of ${inside}`.slice(0, 200), text: key.slice(0, most.characters) });
      walk(inner, inside, depth + 1);
    }
  };
  walk(value, '', 0);
  return texts;
}

/** Whether the tools are the approved ones. */
async function approvedDefinitions(bench: Bench): Promise<void> {
  const { recorder, lists, request } = bench;
  const tools = await lists.entries('tools');
  if (request.approved.size === 0) {
    recorder.skip(type, 'test_approved_definitions', 'no definitions of tools have been approved');
  } else {
    for (const tool of tools) {
      const name = String(tool.name);
      const approved = request.approved.get(name);
      await recorder.test(type, named('test_approved_definition', name), () => {
        if (approved === undefined) throw new Finding(`the tool '${name}' has been added since`, shown(tool));
        const changed = differences(approved as Entry, tool);
        if (changed.length > 0)
          throw new Finding(
            `the definition of '${name}' was changed: ${changed.join(', ')}`,
            told(bench, approved, tool),
          );
      });
    }
    const present = new Set(tools.map(({ name }) => String(name)));
    for (const name of request.approved.keys())
      if (!present.has(name))
        recorder.skip(type, named('test_approved_definition', name), 'the tool is not offered any more');
  }
}

/** Finds a server that changes its tools' definitions after they were read: no approval of its tools can be trusted. */
async function stableDefinitions(bench: Bench): Promise<void> {
  const { recorder, subject } = bench;
  const test = 'test_definitions_stable';
  if (!subject.own) {
    recorder.skip(type, test, 'a remote server is not started again');
    return;
  }
  await recorder.test(type, test, async () => {
    const before = await bench.lists.entries('tools');
    if (before.length === 0) throw new Skip('there are no tools, or their list cannot be read');
    await subject.restart();
    const { entries } = await readList(subject, listKinds.tools);
    const now = new Map(entries.map((tool) => [String(tool.name), tool]));
    for (const tool of before) {
      const name = String(tool.name);
      const other = now.get(name);
      if (other === undefined) throw new Finding(`after a restart the tool '${name}' is gone`);
      const changed = differences(tool, other);
      if (changed.length > 0)
        throw new Finding(
          `after a restart the definition of '${name}' is another: ${changed.join(', ')}`,
          told(bench, tool, other),
        );
    }
    const added = entries.find(({ name }) => !before.some((tool) => tool.name === name));
    if (added) throw new Finding(`after a restart there is a tool '${String(added.name)}' more`, shown(added));
  });
}

/** The members that differ, without regard to their order. */
function differences(a: Entry, b: Entry): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.filter((key) => canonical(a[key]) !== canonical(b[key]));
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'undefined'
  );
}

function told({ subject: { watch } }: Bench, before: unknown, after: unknown): string {
  const beginning = (value: unknown) => watch.hide(shown(value)).slice(0, 900);
  return `before: ${beginning(before)}\nnow: ${beginning(after)}`;
}
