import { type Bench, named } from '../bench.js';
import { type Entry, listKinds, readList } from '../lists.js';
import { Finding, Skip, shown } from '../recorder.js';

const type = 'security';

/** Whether the tools are the approved ones. */
export async function approvedDefinitions(bench: Bench): Promise<void> {
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
          throw new Finding(`the definition of '${name}' was changed: ${changed.join(', ')}`, told(approved, tool));
      });
    }
    const present = new Set(tools.map(({ name }) => String(name)));
    for (const name of request.approved.keys())
      if (!present.has(name))
        recorder.skip(type, named('test_approved_definition', name), 'the tool is not offered any more');
  }
}

/** A server that describes its tools otherwise once it has been looked at is not to be trusted with any approval. */
export async function stableDefinitions(bench: Bench): Promise<void> {
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
          told(tool, other),
        );
    }
    const added = entries.find(({ name }) => !before.some((tool) => tool.name === name));
    if (added) throw new Finding(`after a restart there is a tool '${String(added.name)}' more`, shown(added));
  });
}

/** The members that differ, however they are ordered. */
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

function told(before: unknown, after: unknown): string {
  return `before: ${shown(before).slice(0, 900)}\nnow: ${shown(after).slice(0, 900)}`;
}
