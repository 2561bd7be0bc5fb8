import { arch, platform } from 'node:os';
import { type Client, status } from '@grpc/grpc-js';
import type { ServerReport } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from 'pino';
import type { Servers } from '../drivers/mcp/servers.js';
import { Backoff, pause } from './backoff.js';
import { dialHub, maxMessageBytes } from './channel.js';
import { Control, type Ending, type Greeting } from './control.js';
import { Dispatcher, type DispatchLink, type Operations } from './dispatch.js';
import { encodeFrame } from './frames.js';
import { type Identity, nextEpoch } from './identity.js';
import { isDue, renew } from './renewal.js';
import { openTransfer, type Stream } from './service.js';

export interface LinkOptions {
  /** `HOST:PORT`. */
  readonly hub: string;
  readonly dataDir: string;
  readonly identity: Identity;
  readonly operations: Operations;
  readonly servers: Pick<Servers, 'setDesired' | 'reports' | 'onReport'>;
  /** What this machine offers, such as `mcp.stdio`. */
  readonly capabilities: readonly string[];
  /** Semantic version of the agent. */
  readonly version: string;
  readonly log: Logger;
  /** Told when the hub has admitted this agent, and when that connection is over. */
  readonly onState?: (state: 'connected' | 'disconnected') => void;
}

export interface Link {
  /** Lets running commands end for at most `graceMs`, then hangs up. Takes a second longer at most. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** A connection that lasted this long ends the backing off. */
const stableMs = 10_000;
/** Above this, what can be spared is not sent. */
const congestedBytes = 4 * 1024 * 1024;
const farewellMs = 1_000;
const renewalCheckMs = 60 * 60_000;

/** Keeps this agent connected to its hub until closed. While the link is down everything here goes on. */
export function startLink(options: LinkOptions): Link {
  const link = new HubLink(options);
  link.start();
  return link;
}

class HubLink implements Link, DispatchLink {
  readonly #options: LinkOptions;
  readonly #log: Logger;
  readonly #dispatcher: Dispatcher;
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff();
  #identity: Identity;
  #control: Control | undefined;
  #transfers: Client | undefined;
  #renewing = false;
  #over: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#identity = options.identity;
    this.#dispatcher = new Dispatcher(options.operations, this, options.log);
  }

  start(): void {
    this.#options.servers.onReport((report) => this.#report(report));
    this.#over = this.#run();
  }

  get congested(): boolean {
    return (this.#control?.waiting ?? 0) > congestedBytes;
  }

  send(frame: Buffer): void {
    if (this.#control?.welcomed) this.#control.send(frame);
  }

  openTransfer(): Stream | undefined {
    if (!this.#control?.welcomed) return undefined;
    this.#transfers ??= dialHub(this.#options.hub, this.#identity);
    return openTransfer(this.#transfers);
  }

  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#stopping.abort();
    this.send(encodeFrame({ case: 'drain', value: { reason: 'the agent is stopping', graceMs } }));
    const idle = new AbortController();
    await Promise.race([this.#dispatcher.idle().then(() => idle.abort()), pause(graceMs, idle.signal)]);
    this.#dispatcher.abort('the agent is stopping');
    const control = this.#control;
    control?.finish();
    const farewell = setTimeout(() => control?.cut('the agent is stopping'), farewellMs);
    await this.#over;
    clearTimeout(farewell);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const ending = await this.#connect();
        waitMs = this.#waitAfter(ending);
        if (!signal.aborted) this.#tell(ending, waitMs);
      } catch (error) {
        waitMs = Backoff.long();
        this.#log.error({ err: error, waitMs }, 'the link cannot be set up');
      }
      await pause(waitMs, signal);
    }
  }

  /** One connection, from dialling to its end. */
  async #connect(): Promise<Ending> {
    const greeting = await this.#greeting();
    const client = dialHub(this.#options.hub, this.#identity);
    const renewal = setInterval(() => void this.#renewIfDue(client), renewalCheckMs);
    const control = new Control(client, greeting, {
      welcome: ({ version }) => {
        this.#log.info({ hub: this.#options.hub, hubVersion: version }, 'connected to the hub');
        for (const report of this.#options.servers.reports()) this.#report(report);
        void this.#renewIfDue(client);
        this.#options.onState?.('connected');
      },
      command: (command) => this.#dispatcher.take(command),
      undecodable: (commandId) => this.#dispatcher.undecodable(commandId),
      cancel: (commandId, reason) => this.#dispatcher.cancel(commandId, reason),
      desired: (servers) => {
        try {
          this.#options.servers.setDesired(servers);
        } catch (error) {
          this.#log.error({ err: error }, 'the desired state cannot be taken');
        }
      },
    });
    this.#control = control;
    if (this.#stopping.signal.aborted) control.cut('the agent is stopping');
    const ending = await control.ended;
    this.#control = undefined;
    clearInterval(renewal);
    client.close();
    this.#transfers?.close();
    this.#transfers = undefined;
    this.#dispatcher.linkLost();
    if (control.welcomed) this.#options.onState?.('disconnected');
    return ending;
  }

  async #greeting(): Promise<Greeting> {
    const { dataDir, version, capabilities, operations } = this.#options;
    return {
      epoch: await nextEpoch(dataDir),
      version,
      name: this.#identity.name,
      capabilities: [...capabilities],
      operations: [...operations.keys()],
      running: this.#dispatcher.running(),
      platform: `${platform()}-${arch()}`,
    };
  }

  #report(report: ServerReport): void {
    if (!this.#control?.welcomed) return;
    let frame = encodeFrame({ case: 'server', value: report });
    if (frame.length > maxMessageBytes) {
      this.#log.error({ serverId: report.serverId, bytes: frame.length }, 'tool list too large to be reported');
      const error = 'the tool list is too large to be reported';
      frame = encodeFrame({ case: 'server', value: { ...report, tools: undefined, error } });
    }
    this.send(frame);
  }

  async #renewIfDue(client: Client): Promise<void> {
    if (this.#renewing || !isDue(this.#identity.certificate)) return;
    this.#renewing = true;
    try {
      this.#identity = await renew(client, this.#options.dataDir, this.#identity);
      this.#log.info('certificate renewed');
    } catch (error) {
      this.#log.warn({ err: error }, 'certificate not renewed; trying again later');
    } finally {
      this.#renewing = false;
    }
  }

  #waitAfter({ code, usedMs, returnAfterMs }: Ending): number {
    if (usedMs >= stableMs || returnAfterMs !== undefined) this.#backoff.reset();
    if (returnAfterMs !== undefined) return Math.min(returnAfterMs, 5 * 60_000);
    const hopeless = [status.UNAUTHENTICATED, status.PERMISSION_DENIED, status.FAILED_PRECONDITION, status.ABORTED];
    return hopeless.includes(code) ? Backoff.long() : this.#backoff.next();
  }

  #tell({ code, reason, usedMs, returnAfterMs }: Ending, waitMs: number): void {
    const facts = { hub: this.#options.hub, reason, waitMs };
    if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) {
      this.#log.error(facts, 'the hub does not accept this agent: enrol again with a new join token');
    } else if (code === status.FAILED_PRECONDITION || code === status.ABORTED) {
      this.#log.error(facts, 'the hub refused the connection');
    } else if (returnAfterMs !== undefined) {
      this.#log.info(facts, 'the hub asked to come back later');
    } else {
      this.#log.warn(facts, usedMs > 0 ? 'the link to the hub was lost' : 'the hub cannot be reached');
    }
  }
}
