import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { clientNetwork } from '@roundhouse/proto/net';
import type { Counters } from '../link/stats.js';
import type { FleetSettings } from '../settings.js';

/** Takes connections: grpc-js's connection injector. */
interface ConnectionTaker {
  injectConnection(connection: Socket): void;
}

/** The strangers of one address; for IPv6, of one /64. */
interface Network {
  readonly name: string;
  serving: number;
  waiting: number;
}

interface Stranger {
  readonly socket: Socket;
  readonly network: Network;
  readonly since: number;
  readonly timer: NodeJS.Timeout;
  calls: number;
}

interface Waiting {
  readonly socket: Socket;
  readonly network: Network;
}

/** The most calls of a connection without a certificate: an agent enrols with one call. */
const strangerCalls = 4;
/** After this time a served stranger makes room for a waiting stranger. */
const patienceMs = 2_000;

/**
 * Admits the connections of agents. A connection that has not shown a certificate is a stranger. The hub serves a bounded number of
 * strangers at once: a thousand agents that come back together do their handshakes in turn. Each address has the same share of the places.
 * While strangers stall, the newest is served first, so idle connections keep no agent out.
 */
export class Admission {
  readonly #server: NetServer;
  readonly #taker: ConnectionTaker;
  readonly #settings: FleetSettings;
  readonly #counters: Counters;
  readonly #sockets = new Set<Socket>();
  /** By gRPC's name of the peer. */
  readonly #strangers = new Map<string, Stranger>();
  readonly #networks = new Map<string, Network>();
  /** In the order in which they came. */
  #queue: Waiting[] = [];
  /** Whether strangers were closed, and no agent has come in since. */
  #stalling = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(taker: ConnectionTaker, settings: FleetSettings, counters: Counters) {
    this.#taker = taker;
    this.#settings = settings;
    this.#counters = counters;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#arrive(socket));
  }

  /** Listens for agents. Resolves with the port. @throws Error if the hub cannot listen at the address. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.removeListener('error', reject);
        // Such as too many open files: agents try again.
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
    this.#stalling = false;
    this.#release(peer, stranger);
  }

  /**
   * Whether a connection may make another call: a stranger may make only a few, because the hub keeps the data of each. The first call too
   * many can still be answered; `'cut'` for any further.
   */
  admitsCall(peer: string): boolean | 'cut' {
    const stranger = this.#strangers.get(peer);
    if (!stranger) return true;
    stranger.calls += 1;
    return stranger.calls > strangerCalls + 1 ? 'cut' : stranger.calls <= strangerCalls;
  }

  /** Takes no more connections. */
  shut(): void {
    this.#server.close();
    for (const { socket } of this.#queue.splice(0)) socket.destroy();
  }

  /** Cuts the remaining connections. */
  close(): void {
    this.shut();
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #arrive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#left(socket));
    const network = this.#networkOf(socket);
    if (this.#strangers.size < this.#settings.strangers) {
      this.#serve(socket, network);
      return;
    }
    network.waiting++;
    this.#queue.push({ socket, network });
    if (this.#queue.length > this.#settings.strangerQueue) this.#shorten();
    this.#makeRoomFor(network);
    this.#watch();
  }

  #networkOf(socket: Socket): Network {
    const name = clientNetwork(socket.remoteAddress ?? '');
    const network = this.#networks.get(name) ?? { name, serving: 0, waiting: 0 };
    this.#networks.set(name, network);
    return network;
  }

  #serve(socket: Socket, network: Network): void {
    const timer = setTimeout(() => this.#turnAway(socket), this.#settings.strangerMs);
    network.serving++;
    this.#networks.set(network.name, network);
    this.#strangers.set(nameOf(socket), { socket, network, since: performance.now(), timer, calls: 0 });
    this.#taker.injectConnection(socket);
  }

  #turnAway(socket: Socket): void {
    this.#counters.turnedAway++;
    socket.destroy();
  }

  #left(socket: Socket): void {
    this.#sockets.delete(socket);
    const name = nameOf(socket);
    const stranger = this.#strangers.get(name);
    if (stranger?.socket === socket) this.#release(name, stranger);
    else this.#leaveQueue(this.#queue.findIndex((waiting) => waiting.socket === socket));
  }

  #release(name: string, { network, timer }: Stranger): void {
    clearTimeout(timer);
    this.#strangers.delete(name);
    network.serving--;
    this.#forget(network);
    this.#next();
  }

  #leaveQueue(index: number): Waiting | undefined {
    const [waiting] = index < 0 ? [] : this.#queue.splice(index, 1);
    if (waiting) {
      waiting.network.waiting--;
      this.#forget(waiting.network);
    }
    return waiting;
  }

  #forget({ name, serving, waiting }: Network): void {
    if (serving === 0 && waiting === 0) this.#networks.delete(name);
  }

  /** Serves waiting connections. A connection of the address with the fewest places comes first. */
  #next(): void {
    while (this.#strangers.size < this.#settings.strangers && this.#queue.length > 0) {
      const places = ({ network }: Waiting) => network.serving;
      const fewest = Math.min(...this.#queue.map(places));
      const index = this.#stalling
        ? this.#queue.findLastIndex((waiting) => places(waiting) === fewest)
        : this.#queue.findIndex((waiting) => places(waiting) === fewest);
      const next = this.#leaveQueue(index);
      if (next && !next.socket.destroyed) this.#serve(next.socket, next.network);
    }
  }

  /** Lets an address with less than its share of the places take a place of the address with the most. */
  #makeRoomFor({ serving }: Network): void {
    const share = this.#settings.strangers / this.#networks.size;
    const most = this.#largest('serving');
    if (serving + 1 > share || most.serving <= share) return;
    for (const { socket, network } of this.#strangers.values()) {
      if (network !== most || socket.destroyed) continue;
      this.#turnAway(socket);
      return;
    }
  }

  /** Closes a waiting connection of the address with the most, because too many wait. */
  #shorten(): void {
    const most = this.#largest('waiting');
    const isOf = ({ network }: Waiting) => network === most;
    const index = this.#stalling ? this.#queue.findIndex(isOf) : this.#queue.findLastIndex(isOf);
    const gone = this.#leaveQueue(index);
    if (gone) this.#turnAway(gone.socket);
  }

  #largest(count: 'serving' | 'waiting'): Network {
    return [...this.#networks.values()].reduce((most, network) => (network[count] > most[count] ? network : most));
  }

  /** Closes the longest-served stranger while others wait. */
  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#queue.length === 0) return;
      const now = performance.now();
      for (const { socket, since } of [...this.#strangers.values()]) {
        if (now - since < patienceMs) continue;
        this.#stalling = true;
        this.#turnAway(socket);
      }
      this.#watch();
    }, patienceMs);
  }
}

const names = new WeakMap<Socket, string>();

/** The name that `ServerSurfaceCall.getPeer` gives. It is kept, because a closed socket no longer has its address. */
function nameOf(socket: Socket): string {
  const known = names.get(socket);
  if (known !== undefined) return known;
  const name = `${socket.remoteAddress}:${socket.remotePort}`;
  names.set(socket, name);
  return name;
}
