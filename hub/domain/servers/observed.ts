import { createHash } from 'node:crypto';
import { entryBound, problemOf, toolsBound } from '@roundhouse/proto/bounds';
import { jsonLineCost } from '@roundhouse/proto/json-cost';
import { LRUCache } from 'lru-cache';
import type { HealthPing, ObservedState, ServerReport } from '../agents/fleet.js';
import { Redactor } from '../audit/redactor.js';
import { inTurn } from '../event-loop.js';
import { isoNow } from '../moments.js';
import { isWebAddress } from '../net/url-guard.js';
import { ObservedStates, PacedReports } from '../sited/observed.js';
import type { Store } from '../store.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';
import { ToolRoom } from './tool-room.js';

/** A tool as its server described it. */
export interface ObservedTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema, as finished JSON text. */
  readonly inputSchema: string;
  /** The server says that it changes nothing (`annotations.readOnlyHint`). */
  readonly readOnly: boolean;
  /** The whole definition as the server sent it, JSON text. */
  readonly definition: string;
  /** A hash of the definition. */
  readonly digest: string;
}

/** The observed state of a running server. */
export interface Observation {
  readonly state: ObservedState;
  /** Why it is not connected, for people; empty when all is well. */
  readonly error: string;
  readonly tools: readonly ObservedTool[];
  /** The `_meta` of its tool list, the text of a JSON object; empty for none. */
  readonly toolsMeta: string;
  readonly pid: number;
  readonly attempt: number;
  /** Milliseconds since 1970; 0 for never. */
  readonly nextAttemptMs: number;
  /** Installed version of its source; empty where it has none. */
  readonly version: string;
  readonly connectTimeMs: number;
  /** The address where a person has to consent; empty if none has to. The server is then used in the name of the person who consents. */
  readonly authorizationUrl: string;
  /** Its agent has no tokens of a consent: the server cannot be used before a person consents. */
  readonly needsConsent: boolean;
  /** Its answer to `initialize`, as of its last connection (a JSON object); empty before the first. */
  readonly initializeResult: Uint8Array;
  /** The threshold that a connected server exceeds, for people; empty if it exceeds none. */
  readonly degraded: string;
  /** The container that it runs in; empty for none. */
  readonly containerId: string;
  /** Since when it is connected, milliseconds since 1970; 0 while it is not. */
  readonly connectedSinceMs: number;
  /** The last health checks, oldest first. */
  readonly pings: readonly HealthPing[];
  readonly agentId: string;
}

/** Health checks kept of each server. */
const PINGS_KEPT = 20;

const NOT_OBSERVED: Observation = {
  state: 'disconnected',
  error: '',
  tools: [],
  toolsMeta: '',
  pid: 0,
  attempt: 0,
  nextAttemptMs: 0,
  version: '',
  connectTimeMs: 0,
  authorizationUrl: '',
  needsConsent: false,
  initializeResult: new Uint8Array(),
  degraded: '',
  containerId: '',
  connectedSinceMs: 0,
  pings: [],
  agentId: '',
};

const GONE = {
  state: 'disconnected',
  degraded: '',
  pid: 0,
  containerId: '',
  connectedSinceMs: 0,
  nextAttemptMs: 0,
} as const;

/** A longer list of tools is read in turns of the event loop: bytes of its definitions, and tools. */
const LONG_LIST = { bytes: 32 * 1024, tools: 64 };

/** A report with a long list of tools that the hub reads. */
interface Reading {
  readonly agentId: string;
  /** The reports that have come since, as one. */
  next: ServerReport | undefined;
  /** Resolves when the report and all later ones are taken in, or dropped. */
  done: Promise<void>;
}

/** Called with the problems of reports. */
interface ReportListeners {
  /** Tools of a report that the hub leaves out, for people. */
  readonly onRemark?: (serverId: string, remark: string) => void;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Observed state of all servers, as their agents last reported it. In memory: after a restart the agents report it again. */
export class ObservedServers extends ObservedStates<Observation> {
  readonly #redactorOf: (serverId: string) => Redactor;
  readonly #listeners: ReportListeners;
  readonly #room: ToolRoom<ObservedTool>;
  /** By server. Later reports wait until the list is read. */
  readonly #readings = new Map<string, Reading>();
  readonly #reports = new PacedReports<ServerReport>((agentId, _, report) => this.#report(agentId, report), joined);

  /** `redactorOf` takes a server's secrets out of its texts: reasons and definitions of tools. */
  constructor(
    redactorOf: (serverId: string) => Redactor = () => new Redactor(),
    listeners: ReportListeners = {},
    room = new ToolRoom<ObservedTool>(),
  ) {
    super(NOT_OBSERVED);
    this.#room = room;
    this.#redactorOf = redactorOf;
    this.#listeners = listeners;
  }

  /**
   * Takes in an agent's report that answers a command. The tool list stays as it was where the report carries none. Resolves when the state
   * is known: a report with a short list, or with none, is taken in at once.
   */
  report(agentId: string, report: ServerReport): Promise<void> {
    this.#reports.asked(agentId, report.serverId, report);
    return this.#readings.get(report.serverId)?.done ?? Promise.resolve();
  }

  /** Takes in a report that the agent sends by itself: soon, if there are many. */
  reportUnasked(agentId: string, report: ServerReport): void {
    this.#reports.unasked(agentId, report.serverId, report);
  }

  override agentLost(agentId: string, why: string): void {
    this.#reports.agentLost(agentId);
    for (const [id, reading] of this.#readings) if (reading.agentId === agentId) this.#readings.delete(id);
    super.agentLost(agentId, why);
  }

  override forget(id: string): void {
    this.#reports.forget(id);
    this.#readings.delete(id);
    this.#room.forget(id);
    super.forget(id);
  }

  /** Takes a report in at once, or begins to read its long list of tools. No report overtakes an older one. */
  #report(agentId: string, report: ServerReport): void {
    const { serverId, tools } = report;
    const reading = this.#readings.get(serverId);
    if (reading?.agentId === agentId) {
      reading.next = reading.next ? joined(reading.next, report) : report;
      return;
    }
    this.#readings.delete(serverId);
    if (!tools || !isLong(tools)) {
      this.#take(agentId, report, tools && readAll(this.#reader(serverId), tools));
      return;
    }
    const begun: Reading = { agentId, next: undefined, done: Promise.resolve() };
    this.#readings.set(serverId, begun);
    begun.done = this.#read(begun, report, tools);
  }

  /** Reads a long list, and takes its report in, unless the server or its agent has gone meanwhile. Then it takes in the later reports. */
  async #read(reading: Reading, report: ServerReport, tools: readonly ToolReport[]): Promise<void> {
    const { serverId } = report;
    const isCurrent = () => this.#readings.get(serverId) === reading;
    try {
      const reader = this.#reader(serverId);
      await readInTurns(reader, tools, isCurrent);
      if (isCurrent()) this.#take(reading.agentId, report, reader);
    } catch (error) {
      this.#listeners.onError?.(error);
    }
    if (!isCurrent()) return;
    this.#readings.delete(serverId);
    if (!reading.next) return;
    this.#report(reading.agentId, reading.next);
    await this.#readings.get(serverId)?.done;
  }

  #reader(serverId: string): ToolReader {
    return new ToolReader(this.#redactorOf(serverId), this.get(serverId).tools);
  }

  /** @param reader has read the report's list of tools; absent: the report has none */
  #take(agentId: string, report: ServerReport, reader: ToolReader | undefined): void {
    const before = this.get(report.serverId);
    const { state, pid, attempt, nextAttemptMs, version, connectTimeMs } = report;
    const authorizationUrl = isWebAddress(report.authorizationUrl) ? report.authorizationUrl : '';
    const redactor = this.#redactorOf(report.serverId);
    const { containerId = '', connectedSinceMs = 0 } = report;
    const error = redactor.text(report.error);
    const degraded = redactor.text(report.degraded ?? '');
    const pings = report.pings?.length ? report.pings.slice(-PINGS_KEPT) : before.pings;
    const { initializeResult: told } = report;
    const initializeResult = told.length > 0 ? told : before.initializeResult;
    const tools = reader ? this.#room.keep(agentId, report.serverId, reader.tools) : before.tools;
    const toolsMeta = reader ? readMeta(report.toolsMeta, redactor) : before.toolsMeta;
    const leftOut = (reader?.tools.length ?? tools.length) - tools.length;
    const noRoom = leftOut > 0 ? [`the last ${leftOut} tools are left out: ${this.#room.bounds}`] : [];
    const remarks = [...(reader?.remarks ?? []), ...noRoom];
    if (remarks.length > 0) this.#listeners.onRemark?.(report.serverId, remarks.join('; '));
    this.set(report.serverId, {
      state,
      error,
      tools,
      toolsMeta,
      pid,
      attempt,
      nextAttemptMs,
      version,
      connectTimeMs,
      authorizationUrl,
      needsConsent: report.needsConsent === true,
      initializeResult,
      degraded,
      containerId,
      connectedSinceMs,
      pings,
      agentId,
    });
  }

  protected override away(before: Observation, why: string): Observation {
    return { ...before, ...GONE, error: why };
  }

  /** Reads tools from their definitions as the server sent them, in turns of the event loop. @param definitions JSON texts */
  async readTools(serverId: string, definitions: readonly string[]): Promise<readonly ObservedTool[]> {
    const reader = this.#reader(serverId);
    await readInTurns(
      reader,
      definitions.map((definition) => ({ definition: Buffer.from(definition) })),
    );
    if (reader.remarks.length > 0) this.#listeners.onRemark?.(serverId, reader.remarks.join('; '));
    return reader.tools;
  }
}

/** The newer report, with the list of tools, the handshake and the pings of the older one if it has none. */
function joined(older: ServerReport, newer: ServerReport): ServerReport {
  const { tools, toolsMeta } = newer.tools ? newer : older;
  const { initializeResult } = newer.initializeResult.length > 0 ? newer : older;
  const { pings } = newer.pings?.length ? newer : older;
  return { ...newer, tools, toolsMeta, initializeResult, pings };
}

/** `_meta` of a list of tools, JSON text; empty for none. */
function readMeta(sent: Uint8Array = new Uint8Array(), redactor: Redactor): string {
  return problemOf(sent, entryBound) === undefined ? redactor.json(Buffer.from(sent).toString()) : '';
}

/** Whether a list takes too long to be read in one piece. */
function isLong(tools: readonly ToolReport[]): boolean {
  let bytes = 0;
  for (const { definition } of tools) bytes += definition.length;
  return bytes > LONG_LIST.bytes || tools.length > LONG_LIST.tools;
}

function readAll(reader: ToolReader, tools: readonly ToolReport[]): ToolReader {
  for (const tool of tools) reader.read(tool);
  return reader;
}

/** @param isWanted whether the rest of the list is still of use */
async function readInTurns(
  reader: ToolReader,
  tools: readonly ToolReport[],
  isWanted: () => boolean = () => true,
): Promise<void> {
  for (const tool of tools) {
    if (!isWanted() || reader.isFull) return;
    await inTurn(() => reader.read(tool));
  }
}

/**
 * Reads the tools of a server, one after the other. It leaves out a tool whose definition is beyond the bound or does not have the form that
 * clients need, and all further tools after too many bytes or values. A tool that is described as before is the same object.
 */
class ToolReader {
  readonly tools: ObservedTool[] = [];
  readonly #redactor: Redactor;
  readonly #known: ReadonlyMap<string, ObservedTool>;
  #bytes = toolsBound.bytes;
  #values = toolsBound.values;
  #tooLarge = 0;

  /** @param known the tools that the server had before */
  constructor(redactor: Redactor, known: readonly ObservedTool[]) {
    this.#redactor = redactor;
    this.#known = new Map(known.map((tool) => [tool.name, tool]));
  }

  /** Whether the list has as many bytes or values as the hub reads. */
  get isFull(): boolean {
    return this.#bytes < 0 || this.#values < 0;
  }

  /** Which tools the hub leaves out because they are too large, for people. */
  get remarks(): readonly string[] {
    const { bytes, values } = entryBound;
    const all = `the list of tools has more than ${toolsBound.bytes / MiB} MiB or ${toolsBound.values} values: the first ${this.tools.length} tools count`;
    const some = `${this.#tooLarge} tools are left out: their definitions have more than ${bytes / KiB} KiB or ${values} values`;
    return [...(this.#tooLarge > 0 ? [some] : []), ...(this.isFull ? [all] : [])];
  }

  /** @param tool as its server sent it */
  read({ name, definition }: ToolReport): void {
    if (this.isFull) return;
    const cost =
      definition.length > entryBound.bytes ? Number.POSITIVE_INFINITY : jsonLineCost(definition, entryBound.values);
    if (cost === undefined) return;
    if (cost > entryBound.values) {
      this.#tooLarge += 1;
      return;
    }
    this.#bytes -= definition.length;
    this.#values -= cost;
    if (this.isFull) return;
    const read = this.#readTool(this.#redactor.definition(Buffer.from(definition).toString()), name);
    if (read) this.tools.push(read);
  }

  /** @param definition without secrets @param given the name that the agent gave; default: the name in the definition */
  #readTool(definition: string, given?: string): ObservedTool | undefined {
    const known = given === undefined ? undefined : this.#known.get(given);
    if (known?.definition === definition) return known;
    const same = remembered.get(definition);
    if (same && same.name === given) return same;
    const parsed: unknown = JSON.parse(definition);
    if (!hasForm(parsed, listedForms.tool)) return undefined;
    const { name: own, description, inputSchema, annotations } = parsed as Definition;
    const name = given ?? own;
    if (typeof name !== 'string' || name.length > mostLengths.name) return undefined;
    const tool = {
      name,
      description: description ?? '',
      inputSchema: JSON.stringify(inputSchema ?? { type: 'object' }),
      readOnly: annotations?.readOnlyHint === true,
      definition,
      digest: createHash('sha256').update(definition).digest('base64url'),
    };
    remembered.set(definition, tool);
    return tool;
  }
}

/** The characters of definitions whose tools are remembered. */
const MOST_REMEMBERED = 32 * 1024 * 1024;

/** The tools of the definitions that were read last: servers of one kind have the same tools, which then take memory once. */
const remembered = new LRUCache<string, ObservedTool>({
  maxSize: MOST_REMEMBERED,
  sizeCalculation: ({ definition }) => definition.length,
});

const KiB = 1024;
const MiB = 1024 * KiB;

interface ToolReport {
  /** Default: the name in the definition. */
  readonly name?: string;
  readonly definition: Uint8Array;
}

interface Definition {
  readonly name?: unknown;
  readonly description?: string | null;
  readonly inputSchema?: object | null;
  readonly annotations?: { readonly readOnlyHint?: unknown } | null;
}

/**
 * The health of a server that should run. `degraded`: it is connected and answers, but too slowly or with too many errors (its agent names
 * the threshold). `down`: it is not connected, even if it is starting.
 */
type ServerHealth = 'healthy' | 'degraded' | 'down';

/** The health of a server; `null` for a server that is not meant to run. */
export function serverHealth(record: Pick<ServerRecord, 'enabled' | 'wanted'>, now: Observation): ServerHealth | null {
  if (now.state === 'connected') return now.degraded === '' ? 'healthy' : 'degraded';
  return record.enabled && record.wanted ? 'down' : null;
}

/** Puts every change of an observed state into the journal (`seeds/003`, "Webhooks": `server.connected`, `.disconnected`, `.error`). */
export function announceServers(store: Store, registry: ServerRegistry, observed: ObservedServers): void {
  observed.onChange((serverId, now, before) => {
    const record = registry.byId(serverId);
    if (!record) return;
    announceHealth(store, record, now, before);
    if (now.state === before.state || now.state === 'connecting') return;
    const timestamp = isoNow();
    const common = { serverId, serverName: record.name, timestamp };
    const data =
      now.state === 'connected'
        ? { ...common, toolCount: now.tools.length }
        : { ...common, ...(now.error ? { error: now.error } : {}) };
    store.record({ writes: [], events: [{ type: `server.${now.state}`, serverId, data }] });
  });
}

/** A server becomes degraded, goes down or recovers. A server that starts well makes no event besides `server.connected`. */
function announceHealth(store: Store, record: ServerRecord, now: Observation, before: Observation): void {
  const health = serverHealth(record, now);
  const was = before.state === 'error' ? 'down' : serverHealth(record, before);
  // Between two states the health is not known yet.
  if (health === null || health === was || now.state === 'connecting' || now.state === 'disconnected') return;
  const recovered = was === 'degraded' || (before.error !== '' && before.state !== 'disconnected');
  if (health === 'healthy' && !recovered) return;
  const reason = health === 'degraded' ? now.degraded : now.error;
  const timestamp = isoNow();
  const data = { serverId: record.id, serverName: record.name, health, ...(reason ? { reason } : {}), timestamp };
  store.record({ writes: [], events: [{ type: 'server.health', serverId: record.id, data }] });
}

/** The kinds of the members that clients look at; a member without a kind may have any value. */
interface Form {
  readonly required: readonly string[];
  readonly strings: readonly string[];
  readonly objects: readonly string[];
}

const shown = ['title', 'description'] as const;

/** The longest names, titles and addresses, characters: the hub keeps them, and clients get them in every list. */
const mostLengths = { name: 1024, title: 4096, uri: 8 * 1024, uriTemplate: 8 * 1024 } as const;

/** The fields that MCP demands of the entries of its lists. */
export const listedForms = {
  tool: { required: [], strings: [...shown], objects: ['inputSchema', 'outputSchema', 'annotations', '_meta'] },
  resources: { required: ['uri', 'name'], strings: [...shown, 'mimeType'], objects: ['annotations', '_meta'] },
  templates: { required: ['uriTemplate', 'name'], strings: [...shown, 'mimeType'], objects: ['annotations', '_meta'] },
  prompts: { required: ['name'], strings: [...shown], objects: ['_meta'] },
} satisfies Readonly<Record<string, Form>>;

/**
 * Whether an entry of a list is of a form, and its names are no longer than the hub takes. Clients refuse a whole list because of one entry
 * that is not of the form.
 */
export function hasForm(
  entry: unknown,
  { required, strings, objects }: Form,
): entry is Readonly<Record<string, unknown>> {
  if (!isObject(entry)) return false;
  // Some servers write `null` for a member that they leave out.
  const isAbsentOr = (is: (value: unknown) => boolean) => (name: string) =>
    (entry[name] ?? undefined) === undefined || is(entry[name]);
  return (
    required.every((name) => isString(entry[name])) &&
    Object.entries(mostLengths).every(([name, most]) => !isString(entry[name]) || entry[name].length <= most) &&
    strings.every(isAbsentOr(isString)) &&
    objects.every(isAbsentOr(isObject))
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
