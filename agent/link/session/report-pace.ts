import { create } from '@bufbuild/protobuf';
import { type ServerReport, ServerReportSchema } from '@roundhouse/proto/agent/v1/server';
import { Bucket } from './bucket.js';

/** Reports of one server per second, and at once. */
const perSecond = 10;
const laterMs = 250;

/** Passes reports on, but not too often: of a server that changes all the time the hub gets the current state now and then. */
export class ReportPace {
  readonly #pass: (report: ServerReport) => void;
  readonly #servers = new Map<string, { readonly bucket: Bucket; waiting: ServerReport | undefined }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(pass: (report: ServerReport) => void) {
    this.#pass = pass;
  }

  take(report: ServerReport): void {
    const { serverId } = report;
    const server = this.#servers.get(serverId) ?? { bucket: new Bucket(perSecond, 2), waiting: undefined };
    this.#servers.set(serverId, server);
    if (!server.waiting && server.bucket.take()) {
      this.#pass(report);
      return;
    }
    // A list that was not passed on is news still.
    const tools = report.tools ?? server.waiting?.tools;
    server.waiting = tools ? create(ServerReportSchema, { ...report, tools }) : report;
    this.#timer ??= setTimeout(() => this.#flush(), laterMs);
  }

  /** Forgets the reports that wait: a new connection reports everything again. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#servers.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    for (const server of this.#servers.values()) {
      const { waiting } = server;
      server.waiting = undefined;
      if (waiting) this.#pass(waiting);
    }
  }
}
