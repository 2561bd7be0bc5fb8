import { anonymous, type Credentials, FixedToken, Session, type TokenSource } from './core/credentials.js';
import { checkedBaseUrl } from './core/request.js';
import { type Deprecation, type Fetch, type Logger, type Retry, Transport } from './core/transport.js';
import { Automation, AutomationAuth } from './gen/automation.js';
import { Backend } from './gen/backend.js';
import { defaults } from './gen/behaviour.js';
import { Connect } from './gen/connect.js';
import { Infrastructure } from './gen/infrastructure.js';
import { Mcp } from './gen/mcp.js';
import { Portal } from './gen/portal.js';
import { AutomationSocket, type AutomationSocketOptions } from './socket/automation-socket.js';
import type { EventSocketOptions, SocketParts } from './socket/event-socket.js';
import { PortalSocket } from './socket/portal-socket.js';
import {
  openTerminal,
  type Terminal,
  type TerminalOptions,
  type TerminalParts,
  type TerminalTicket,
} from './socket/terminal.js';
import type { WebSocketConstructor } from './socket/web-socket.js';

/**
 * The address of the hub, and the credentials. Give `apiKey`, or `token`, or `username` with `password`; without them a client can call
 * only public operations.
 */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ClientOptions {
  /** Such as `https://hub.example.com`; with a path where a proxy serves the hub below one. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** An access token or an API key, or a function that returns one for each call, and a fresh one if the hub refused the last. */
  readonly token?: string | TokenSource | undefined;
  /** Signs in with the first call, and keeps the access token fresh. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Milliseconds for a call, its retries included; `0` for no limit. Default: 75000. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is sent again at most, where that is safe. Default: 2. */
  readonly retries?: number | undefined;
  /** The longest wait before a call is sent again, milliseconds: if the hub asks for more, the call fails at once. Default: 60000. */
  readonly maxRetryWaitMs?: number | undefined;
  /** The longest answer that is read whole, and the longest event or line of a stream, bytes: a longer one is an error. Downloads have no limit. Default: 64 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  /** Gets a line for each answer (`debug`) and each retry (`info`), such as `console`. It gets no credential and no body. */
  readonly logger?: Logger | undefined;
  /** Called before a call waits to be sent again. It may throw the error: then the call ends with it, and is not sent again. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /**
   * In a page of the hub itself: the session's token, which goes with each call that is no GET. The browser sends the session's cookie, so give no
   * other credential. `hub.connect.session` signs in and out.
   */
  readonly csrfToken?: (() => string | undefined) | undefined;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
  /** Default: the global one, else that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Told once of each operation called that the hub announces to give up. */
  readonly onDeprecation?: ((deprecation: Deprecation) => void) | undefined;
}

/** The Automation API, and its WebSocket. */
export class AutomationApi extends Automation {
  readonly #parts: SocketParts;

  constructor(transport: Transport, parts: SocketParts) {
    super(transport);
    this.#parts = parts;
  }

  /** Events over WebSocket, one by one. */
  socket(options?: AutomationSocketOptions): AutomationSocket {
    return new AutomationSocket(this.#parts, options);
  }
}

/** The MCP Server API, and the terminals in pods and containers. */
export class InfrastructureApi extends Infrastructure {
  readonly #parts: TerminalParts;

  constructor(transport: Transport, parts: TerminalParts) {
    super(transport);
    this.#parts = parts;
  }

  /**
   * Opens the terminal of a ticket, once its program runs.
   *
   * @example
   * const ticket = await hub.infrastructure.kubernetes.openPodTerminal('prod', 'default', 'web-0');
   * const terminal = await hub.infrastructure.terminal(ticket, { columns: 80, rows: 24, onOutput: (text) => void process.stdout.write(text) });
   * terminal.write('ls\r');
   */
  terminal(ticket: TerminalTicket, options: TerminalOptions): Promise<Terminal> {
    return openTerminal(this.#parts, ticket, options);
  }
}

/** The Portal API, and its WebSocket. */
export class PortalApi extends Portal {
  readonly #parts: SocketParts;

  constructor(transport: Transport, parts: SocketParts) {
    super(transport);
    this.#parts = parts;
  }

  /** Events over WebSocket, one by one. */
  socket(options?: EventSocketOptions): PortalSocket {
    return new PortalSocket(this.#parts, options);
  }
}

/**
 * A client of a Roundhouse hub: a member for each of its APIs, in it one for each noun.
 *
 * @example
 * const hub = new Roundhouse({ baseUrl: 'http://localhost:8080', apiKey: process.env.ROUNDHOUSE_API_KEY });
 * const { tools } = await hub.connect.tools.list({ category: 'storage' });
 */
export class Roundhouse {
  readonly automation: AutomationApi;
  readonly infrastructure: InfrastructureApi;
  readonly portal: PortalApi;
  readonly connect: Connect;
  readonly backend: Backend;
  /** The hub as an MCP server, message by message. An MCP client does more. */
  readonly mcp: Mcp;

  /** @throws TypeError where an option is wrong */
  constructor(options: ClientOptions) {
    const { csrfToken, headers = {}, logger, onRetry, onDeprecation, WebSocket } = options;
    const {
      timeoutMs = defaults.timeoutMs,
      retries = defaults.retries,
      maxRetryWaitMs = defaults.maxRetryWaitMs,
      maxAnswerBytes = MAX_ANSWER_BYTES,
    } = options;
    const settings = {
      baseUrl: checkedBaseUrl(options.baseUrl),
      // Browsers want their `fetch` to be called as a method of the window.
      fetch: options.fetch ?? ((url, request) => globalThis.fetch(url, request)),
      timeoutMs: checkedNumber('timeoutMs', timeoutMs),
      retries: checkedNumber('retries', retries),
      maxRetryWaitMs: checkedNumber('maxRetryWaitMs', maxRetryWaitMs),
      maxAnswerBytes: checkedNumber('maxAnswerBytes', maxAnswerBytes),
      logger,
      onRetry,
      csrfToken,
      headers,
      onDeprecation,
    } satisfies Omit<ConstructorParameters<typeof Transport>[0], 'credentials'>;
    const auth = new AutomationAuth(new Transport({ ...settings, credentials: anonymous }));
    const credentials = credentialsOf(options, auth);
    const transport = new Transport({ ...settings, credentials });
    const parts: SocketParts = { baseUrl: settings.baseUrl, credentials, WebSocket };
    this.automation = new AutomationApi(transport, parts);
    this.infrastructure = new InfrastructureApi(transport, parts);
    this.portal = new PortalApi(transport, parts);
    this.connect = new Connect(transport);
    this.backend = new Backend(transport);
    this.mcp = new Mcp(transport);
  }
}

function checkedNumber(name: string, value: number): number {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name} must be a number, 0 or more`);
  return value;
}

function credentialsOf({ apiKey, token, username, password }: ClientOptions, auth: AutomationAuth): Credentials {
  const given = [apiKey, token, username ?? password].filter((value) => value !== undefined);
  if (given.length > 1) throw new TypeError('Give one of apiKey, token, and username with password');
  if (username !== undefined || password !== undefined) {
    if (!username || !password) throw new TypeError('username and password go together, and neither may be empty');
    const ask = (by: { readonly username: string; readonly password: string } | { readonly refresh_token: string }) =>
      'username' in by ? auth.createToken(by) : auth.refreshToken(by);
    return new Session({ username, password }, ask);
  }
  const fixed = apiKey ?? token;
  if (fixed === undefined) return anonymous;
  // An environment variable that is not set often becomes an empty text.
  if (fixed === '') throw new TypeError(`${apiKey === undefined ? 'token' : 'apiKey'} is empty`);
  return new FixedToken(fixed);
}
