import { toolsBound } from '@roundhouse/proto/bounds';
import { jsonLineCost } from '@roundhouse/proto/json-cost';
import type { HealthPing, ObservedState, ServerReport } from '../agents/fleet.js';
import { Redactor } from '../audit/redactor.js';
import { isoNow } from '../moments.js';
import { isWebAddress } from '../net/url-guard.js';
import { ObservedStates, PacedReports } from '../sited/observed.js';
import type { Store } from '../store.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';

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

/** Observed state of all servers, as their agents last reported it. In memory: after a restart the agents report it again. */
export class ObservedServers extends ObservedStates<Observation> {
  readonly #redactorOf: (serverId: string) => Redactor;
  readonly #reports = new PacedReports<ServerReport>((agentId, _, report) => this.#report(agentId, report), joined);

  /** `redactorOf` takes a server's secrets out of its texts: reasons and definitions of tools. */
  constructor(redactorOf: (serverId: string) => Redactor = () => new Redactor()) {
    super(NOT_OBSERVED);
    this.#redactorOf = redactorOf;
  }

  /** Takes in an agent's report that answers a command. The tool list stays as it was where the report carries none. */
  report(agentId: string, report: ServerReport): void {
    this.#reports.asked(agentId, report.serverId, report);
  }

  /** Takes in a report that the agent sends by itself: soon, if there are many. */
  reportUnasked(agentId: string, report: ServerReport): void {
    this.#reports.unasked(agentId, report.serverId, report);
  }

  override agentLost(agentId: string, why: string): void {
    this.#reports.agentLost(agentId);
    super.agentLost(agentId, why);
  }

  override forget(id: string): void {
    this.#reports.forget(id);
    super.forget(id);
  }

  #report(agentId: string, report: ServerReport): void {
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
    const tools = report.tools ? readTools(report.tools, redactor) : before.tools;
    const toolsMeta = report.tools ? readMeta(report.toolsMeta, redactor) : before.toolsMeta;
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

  /** Reads a tool from its definition as the server sent it. */
  readTool(serverId: string, tool: ToolReport): ObservedTool | undefined {
    return readTools([tool], this.#redactorOf(serverId))[0];
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
  return jsonLineCost(sent) === undefined ? '' : redactor.json(Buffer.from(sent).toString());
}

/**
 * Reads the tools of a server. A tool is left out if its definition does not have the form that clients need. After too many values, all
 * further tools are left out. @param tools as their server sent them
 */
function readTools(tools: readonly ToolReport[], redactor: Redactor): ObservedTool[] {
  const read: ObservedTool[] = [];
  let left = toolsBound.values;
  for (const tool of tools) {
    const cost = jsonLineCost(tool.definition, left) ?? 0;
    left -= cost;
    if (left < 0) break;
    const known = cost === 0 ? undefined : readTool(tool, redactor);
    if (known) read.push(known);
  }
  return read;
}

/** @param tool its definition is JSON on one line */
function readTool(tool: ToolReport, redactor: Redactor): ObservedTool | undefined {
  if (tool.name.length > mostLengths.name) return undefined;
  const definition = redactor.definition(Buffer.from(tool.definition).toString());
  const parsed: unknown = JSON.parse(definition);
  if (!hasForm(parsed, listedForms.tool)) return undefined;
  const { description, inputSchema, annotations } = parsed as Definition;
  return {
    name: tool.name,
    description: description ?? '',
    inputSchema: JSON.stringify(inputSchema ?? { type: 'object' }),
    readOnly: annotations?.readOnlyHint === true,
    definition,
  };
}

interface ToolReport {
  readonly name: string;
  readonly definition: Uint8Array;
}

interface Definition {
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
