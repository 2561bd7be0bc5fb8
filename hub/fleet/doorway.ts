import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { FleetSettings } from './settings.js';
import type { Counters } from './stats.js';

/** What takes connections over: grpc-js's connection injector. */
export interface ConnectionTaker {
  injectConnection(connection: Socket): void;
}

interface Stranger {
  readonly socket: Socket;
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

/** A stranger that has been served for this long makes room for one that waits. */
const patienceMs = 2_000;

/**
 * Where agents come in. Whoever has not shown a certificate is a stranger, of whom only so many are served at once: a
 * thousand agents that come back together do their handshakes in turn, and nobody without a certificate can keep the
 * others out or fill the hub's memory.
 */
export class Doorway {
  readonly #server: NetServer;
  readonly #taker: ConnectionTaker;
  readonly #settings: FleetSettings;
  readonly #counters: Counters;
  readonly #sockets = new Set<Socket>();
  /** By the name that gRPC gives the peer. */
  readonly #strangers = new Map<string, Stranger>();
  #queue: Socket[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(taker: ConnectionTaker, settings: FleetSettings, counters: Counters) {
    this.#taker = taker;
    this.#settings = settings;
    this.#counters = counters;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#arrive(socket));
  }

  /** Resolves with the port. @throws Error when the address cannot be listened on. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.removeListener('error', reject);
        // Such as too many open files: those who knock try again.
        this.#server.on('error', () => {});
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** The peer has shown a valid certificate. */
  welcome(peer: string): void {
    const stranger = this.#strangers.get(peer);
    if (!stranger) return;
    this.#strangers.delete(peer);
    clearTimeout(stranger.timer);
    this.#next();
  }

  /** Takes no more connections. */
  shut(): void {
    this.#server.close();
    for (const socket of this.#queue.splice(0)) socket.destroy();
  }

  /** Cuts what is left. */
  close(): void {
    this.shut();
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #arrive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#left(socket));
    if (this.#strangers.size < this.#settings.strangers) this.#serve(socket);
    else if (this.#queue.length < this.#settings.strangerQueue) {
      this.#queue.push(socket);
      this.#watch();
    } else {
      this.#counters.turnedAway++;
      socket.destroy();
    }
  }

  #serve(socket: Socket): void {
    const timer = setTimeout(() => {
      this.#counters.turnedAway++;
      socket.destroy();
    }, this.#settings.strangerMs);
    this.#strangers.set(nameOf(socket), { socket, since: performance.now(), timer });
    this.#taker.injectConnection(socket);
  }

  #left(socket: Socket): void {
    this.#sockets.delete(socket);
    const name = nameOf(socket);
    const stranger = this.#strangers.get(name);
    if (stranger?.socket === socket) this.welcome(name);
    else this.#queue = this.#queue.filter((waiting) => waiting !== socket);
  }

  #next(): void {
    while (this.#strangers.size < this.#settings.strangers) {
      const socket = this.#queue.shift();
      if (!socket) return;
      if (!socket.destroyed) this.#serve(socket);
    }
  }

  /** Sends the longest-served stranger away while others wait. */
  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#queue.length === 0) return;
      const now = performance.now();
      for (const { socket, since } of [...this.#strangers.values()]) {
        if (now - since < patienceMs) continue;
        this.#counters.turnedAway++;
        socket.destroy();
      }
      this.#watch();
    }, patienceMs);
  }
}

const names = new WeakMap<Socket, string>();

/** As `ServerSurfaceCall.getPeer` has it. Kept: a socket that is closed has forgotten. */
function nameOf(socket: Socket): string {
  const known = names.get(socket);
  if (known !== undefined) return known;
  const name = `${socket.remoteAddress}:${socket.remotePort}`;
  names.set(socket, name);
  return name;
}
