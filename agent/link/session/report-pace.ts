import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ServerReport,
  ServerReportSchema,
  type ToolList,
  ToolListSchema,
} from '@roundhouse/proto/agent/v1/server';
import { Bucket } from '@roundhouse/proto/bucket';
import { maxMessageBytes } from '@roundhouse/proto/frames';
import type { Logger } from '@roundhouse/proto/log';
import { shareBytesPerSecond, weightOf } from '@roundhouse/proto/unsolicited';
import type { DispatchLink } from './dispatch.js';
import { encodeFrame } from './frames.js';

/** Reports of one server per second; two seconds' worth at once. */
const perSecond = 10;
const laterMs = 250;
/** The most weight at once: that of the heaviest possible list. */
const mostListWeight = 40 * 1024 * 1024;
/** The most bytes and fields of a report, without its list and the server's handshake. */
const restBytes = 64 * 1024;
const restFields = 128;

interface Reported {
  readonly bucket: Bucket;
  /** The newest report, without its list. */
  report: ServerReport;
  isDue: boolean;
  /** The newest list, until it is sent. */
  tools: ToolList | undefined;
  /** The hash of that list; empty until it is needed. It is kept, because a waiting list is checked repeatedly. */
  hash: string;
  /** The hash of the list that was sent last. */
  sentHash: string;
}

/**
 * Sends reports of servers at a limited rate: of a server that changes all the time, the hub gets the current state from time to time. A
 * tool list is sent if it differs from the last one. The hub cuts off agents that send too many tools, so lists wait for each other.
 */
export class ReportPace {
  readonly #link: Pick<DispatchLink, 'send' | 'congested'>;
  readonly #log: Pick<Logger, 'error'>;
  readonly #servers = new Map<string, Reported>();
  /** The servers whose lists wait, in the order in which they are sent. */
  readonly #lists = new Set<Reported>();
  readonly #weight = new Bucket(shareBytesPerSecond, mostListWeight / shareBytesPerSecond);
  #timer: NodeJS.Timeout | undefined;

  constructor(link: Pick<DispatchLink, 'send' | 'congested'>, log: Pick<Logger, 'error'>) {
    this.#link = link;
    this.#log = log;
  }

  take({ tools, ...rest }: ServerReport): void {
    const report = create(ServerReportSchema, rest);
    const { serverId } = report;
    const server = this.#servers.get(serverId) ?? {
      ...{ bucket: new Bucket(perSecond, 2), report, isDue: true, tools: undefined, hash: '', sentHash: '' },
    };
    this.#servers.set(serverId, server);
    Object.assign(server, { report, isDue: true });
    if (tools) {
      Object.assign(server, { tools, hash: '' });
      this.#lists.add(server);
    }
    if (server.bucket.take()) this.#pass(server);
    if (server.isDue || server.tools) this.#timer ??= setTimeout(() => this.#flush(), laterMs);
  }

  /** Forgets all reports: a new connection reports everything again. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#servers.clear();
    this.#lists.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    // Servers whose lists wait come first, in their order.
    for (const server of new Set([...this.#lists, ...this.#servers.values()])) this.#pass(server);
    if (this.#lists.size > 0 || [...this.#servers.values()].some(({ isDue }) => isDue))
      this.#timer = setTimeout(() => this.#flush(), laterMs);
  }

  /** Sends a server's report, with its list if that is due; sends nothing if nothing is due. */
  #pass(server: Reported): void {
    const report = this.#withList(server) ?? (server.isDue && this.#hasRoom(server) ? server.report : undefined);
    if (!report) return;
    server.isDue = false;
    this.#link.send(this.#encode(report));
  }

  /** Whether a report without its list may be sent now: a long handshake counts towards the weight, too. */
  #hasRoom({ report: { initializeResult } }: Reported): boolean {
    return initializeResult.length <= restBytes || this.#weight.take(initializeResult.length);
  }

  /** The report as a frame. A report that is too large would end the link, so the hub gets only the server's state. */
  #encode(report: ServerReport): Buffer {
    const frame = encodeFrame({ case: 'server', value: report });
    if (frame.length <= maxMessageBytes) return frame;
    const { serverId, revision, state } = report;
    this.#log.error(
      { event: 'link.report_too_large', serverId, bytes: frame.length },
      'the report of a server is too large for the link',
    );
    const error = `the server's report of ${frame.length} bytes is too large for the link`;
    return encodeFrame({ case: 'server', value: { serverId, revision, state, error } });
  }

  /** A report with the list that is due; `undefined` if no list is due, or the list has to wait. */
  #withList(server: Reported): ServerReport | undefined {
    const { report, tools, sentHash } = server;
    const [first] = this.#lists;
    if (!tools || server !== first || this.#link.congested) return undefined;
    server.hash ||= hashOf(tools);
    const isNew = server.hash !== sentHash;
    if (isNew && !this.#weight.take(Math.min(weightOfReport(report, tools), mostListWeight))) return undefined;
    this.#lists.delete(server);
    Object.assign(server, { tools: undefined, sentHash: server.hash });
    return isNew ? { ...report, tools } : undefined;
  }
}

function hashOf(tools: ToolList): string {
  return createHash('sha256').update(toBinary(ToolListSchema, tools)).digest('base64');
}

/** An upper bound of the weight of a report with its list. */
function weightOfReport({ initializeResult }: ServerReport, { tools, meta }: ToolList): number {
  const rest = initializeResult.length + meta.length;
  const bytes = tools.reduce((sum, { name, definition }) => sum + 3 * name.length + definition.length, rest);
  return weightOf(bytes + restBytes + 16 * tools.length, restFields + 3 * tools.length, tools);
}
