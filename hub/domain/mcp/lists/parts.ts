import { createHash } from 'node:crypto';
import { withMember } from '@roundhouse/proto/json';
import { compareTexts } from '../../lists/sorted-list.js';
import type { ServerRecord } from '../../servers/record.js';
import type { CatalogTool } from '../../tools/catalog.js';
import { exposedName } from './names.js';

/** A tool as clients see it. */
export interface OfferedTool {
  /** The name for clients. */
  readonly name: string;
  /** Its definition under that name, JSON text. */
  readonly json: string;
  readonly entry: CatalogTool;
}

export const MARK_BYTES = 32;

/** The tools of one server under their names for clients. */
export class Part {
  /** In the server's order. */
  readonly tools: readonly OfferedTool[];
  /** Whether the tools are listed. */
  readonly isListed: boolean;
  /** Tells this part from every other. */
  readonly mark: Buffer;
  #byOwnName: ReadonlyMap<string, OfferedTool> | undefined;

  /** @param entries of one server, at least one */
  constructor(entries: readonly CatalogTool[], isPlain: boolean) {
    const [first] = entries as readonly [CatalogTool];
    this.tools = entries.map((entry) => offered(entry, isPlain));
    this.isListed = isListed(first);
    const hash = createHash('sha256').update(first.server.id);
    if (this.isListed) for (const { name, entry } of this.tools) hash.update(name).update(entry.tool.digest);
    this.mark = hash.digest();
  }

  get server(): ServerRecord {
    return (this.tools[0] as OfferedTool).entry.server;
  }

  /** The tool with a name of the server's own. */
  ownNamed(name: string): OfferedTool | undefined {
    this.#byOwnName ??= new Map(this.tools.map((tool) => [tool.entry.tool.name, tool]));
    return this.#byOwnName.get(name);
  }
}

const plainParts = new WeakMap<readonly CatalogTool[], Part>();
const prefixedParts = new WeakMap<readonly CatalogTool[], Part>();

/** The part of these entries of one server: all views that show all of them share it. `undefined` without entries. */
export function partOf(entries: readonly CatalogTool[], isPlain: boolean): Part | undefined {
  if (entries.length === 0) return undefined;
  const kept = isPlain ? plainParts : prefixedParts;
  let part = kept.get(entries);
  if (!part) {
    part = new Part(entries, isPlain);
    kept.set(entries, part);
  }
  return part;
}

/** Makes the names of a part, tool by tool, so that {@link partOf} takes little time. */
export function* nameTools(entries: readonly CatalogTool[], isPlain: boolean): Generator<void> {
  if ((isPlain ? plainParts : prefixedParts).has(entries)) return;
  for (const entry of entries) {
    offered(entry, isPlain);
    yield;
  }
}

const plain = new WeakMap<CatalogTool, OfferedTool>();
const prefixed = new WeakMap<CatalogTool, OfferedTool>();

/** The tool under its name for clients: all views share it. */
function offered(entry: CatalogTool, isPlain: boolean): OfferedTool {
  const kept = isPlain ? plain : prefixed;
  let tool = kept.get(entry);
  if (!tool) {
    tool = isPlain
      ? { name: entry.tool.name, json: entry.tool.definition, entry }
      : new PrefixedTool(exposedName(entry.server, entry.tool.name), entry);
    kept.set(entry, tool);
  }
  return tool;
}

/** A tool with its server in its name. Its definition is written when a client reads it: most tools of a large fleet are never read. */
class PrefixedTool implements OfferedTool {
  constructor(
    readonly name: string,
    readonly entry: CatalogTool,
  ) {}

  get json(): string {
    return withMember(this.entry.tool.definition, 'name', JSON.stringify(this.name));
  }
}

/** By name. A caller's own server comes before a shared server of the same name. */
export function inOrder(a: OfferedTool, b: OfferedTool): number {
  return compareTexts(a.name, b.name) || ownFirst(a.entry.server, b.entry.server);
}

/** A caller's own server comes before a shared server. */
export function ownFirst(a: ServerRecord, b: ServerRecord): number {
  const isOwn = ({ ownerId }: ServerRecord) => (ownerId === undefined ? 1 : 0);
  return isOwn(a) - isOwn(b) || compareTexts(a.id, b.id);
}

/** A server that starts, restarts or is out of reach for a while keeps its tools; the tools of a stopped server are not offered. */
export function isListed({ connected, server: { enabled, wanted } }: CatalogTool): boolean {
  return connected || (enabled && wanted);
}
