import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { CalledTool, CallOptions } from '../call.js';
import type { CallGate } from '../call-gate.js';
import type { Connection } from '../connection/connection.js';
import type { Link } from '../connection/link.js';
import { Interests } from './interests.js';

/** The link for calls of a server, or the reason why there is none. */
export interface CallTarget {
  /** The link with its open connection, if calls may use it. */
  usable(): { readonly link: Link; readonly connection: Connection } | undefined;
  /** The server's name, and why it is not connected. */
  away(): { readonly name: string; readonly error: string };
}

/** The calls of one server. The gate admits a call, which then uses the present link. */
export class Calls {
  readonly interests = new Interests((method, params) => {
    const usable = this.target.usable();
    // A failure is ignored.
    usable?.connection.request(method, params, {}).catch(() => {});
  });

  constructor(
    private readonly gate: CallGate,
    private readonly target: CallTarget,
  ) {}

  /** See {@link Servers.ping}. */
  async ping(limitMs: number): Promise<number> {
    const usable = this.target.usable();
    if (usable === undefined) throw this.away();
    await usable.connection.ping(limitMs);
    return usable.connection.tools.tools.length;
  }

  /** See {@link Servers.callTool}. */
  callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const now = this.target.usable();
    if (now === undefined) return Promise.reject(this.away());
    if (this.gate.enter()) return now.link.callTool(now.connection, tool, args, options);
    return this.gate.wait(options.signal).then(() => {
      const usable = this.target.usable();
      if (usable !== undefined) return usable.link.callTool(usable.connection, tool, args, options);
      this.gate.leave();
      throw this.away();
    });
  }

  /** See {@link Servers.request}. */
  async request(method: string, params: string, options: CallOptions): Promise<Uint8Array> {
    if (!this.gate.enter()) await this.gate.wait(options.signal);
    try {
      const usable = this.target.usable();
      if (usable === undefined) throw this.away();
      const send = () => usable.link.request(usable.connection, method, params, options);
      return await this.interests.request(method, params, send);
    } finally {
      this.gate.leave();
    }
  }

  /** See {@link Servers.withinLimits}. */
  async withinLimits<T>(signal: Cancellation, call: () => Promise<T>): Promise<T> {
    if (!this.gate.enter()) await this.gate.wait(signal, { ownConnection: true });
    try {
      return await call();
    } finally {
      this.gate.leave();
    }
  }

  /** A new connection is open: it gets the subscriptions and the log level of the last one. */
  connected(): void {
    const usable = this.target.usable();
    if (usable === undefined) return;
    const { connection } = usable;
    connection.onRenewed = () => this.interests.restore(connection);
    this.interests.restore(connection);
  }

  /** The failure of a call that is not sent. */
  away(): AgentFailure {
    const { name, error } = this.target.away();
    const message = `the server '${name}' is not connected${error === '' ? '' : `: ${error}`}`;
    return new AgentFailure('disconnected', message, { reason: error, outcome: 'not_run' });
  }
}
