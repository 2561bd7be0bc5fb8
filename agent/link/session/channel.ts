import type { Readable, Writable } from 'node:stream';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { EnrollRequestSchema, type EnrollResponse, EnrollResponseSchema } from '@roundhouse/proto/agent/v1/enrollment';
import { RenewRequestSchema, type RenewResponse, RenewResponseSchema } from '@roundhouse/proto/agent/v1/link';
import { hubName, maxMessageBytes } from '@roundhouse/proto/frames';

/**
 * The HTTP/2 flow-control window of a connection, and of a stream. With the default of 64 KiB a link carries only 64 KiB per round trip.
 */
const windowBytes = 4 * 1024 * 1024;

/** The TLS material, all in PEM. Without a key only enrolment is possible. */
export interface TlsMaterial {
  readonly ca: string;
  readonly key?: string | undefined;
  readonly certificate?: string | undefined;
}

/**
 * `HOST:PORT` taken apart; the port defaults to 8443.
 * @throws Error with a sentence for the operator.
 */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const port = Number(match?.[3] ?? 8443);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65535)
    throw new Error(`'${text}' is not an address of the form HOST:PORT`);
  return { host, port };
}

/** A channel to the hub with a separate connection. By default two clients of a process share one, and a log would delay a tool call. */
export function dialHub(hub: string, tls: TlsMaterial): Client {
  const { host, port } = parseAddress(hub);
  const bytes = (pem: string | undefined): Buffer | null => (pem === undefined ? null : Buffer.from(pem));
  const credentials = ChannelCredentials.createSsl(Buffer.from(tls.ca), bytes(tls.key), bytes(tls.certificate));
  const options: ChannelOptions = {
    'grpc.ssl_target_name_override': hubName,
    'grpc.default_authority': hubName,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    // The hub has no TXT record with a service config, and the wait for the record would keep an agent from ending.
    'grpc.service_config_disable_resolution': 1,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.client_idle_timeout_ms': 60_000,
    'grpc-node.flow_control_window': windowBytes,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes + 1024,
    // The environment's proxy is for other machines.
    'grpc.enable_http_proxy': /^(localhost|127\.|::1$)/.test(host) ? 0 : 1,
  };
  return new Client(host.includes(':') ? `ipv6:[${host}]:${port}` : `dns:///${host}:${port}`, credentials, options);
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** A stream of encoded messages: they are written and read in `frames.ts`. It is a gRPC stream, or leads to a hub in this process. */
export type Stream = Readable & Writable & Pick<ClientDuplexStream<Buffer, Buffer>, 'cancel'>;

/** A hub in the agent's own process. */
export interface LocalHub {
  /** Opens a stream of the agent that a certificate (PEM) names. */
  open(kind: 'control' | 'transfer', certificate: string): Stream;
}

/** Opens the control stream. */
export function openControl(client: Client): Stream {
  return client.makeBidiStreamRequest('/agent.v1.LinkService/Connect', asIs, asIs);
}

/** Opens a data stream. */
export function openTransfer(client: Client): Stream {
  return client.makeBidiStreamRequest('/agent.v1.LinkService/Transfer', asIs, asIs);
}

/** @throws ServiceError. */
export function callEnroll(
  client: Client,
  request: MessageInitShape<typeof EnrollRequestSchema>,
  timeoutMs: number,
): Promise<EnrollResponse> {
  return unary((done) =>
    client.makeUnaryRequest(
      '/agent.v1.EnrollmentService/Enroll',
      (message) => Buffer.from(toBinary(EnrollRequestSchema, message)),
      (bytes) => fromBinary(EnrollResponseSchema, bytes),
      create(EnrollRequestSchema, request),
      { deadline: Date.now() + timeoutMs },
      done,
    ),
  );
}

/** @throws ServiceError. */
export function callRenew(client: Client, certificateRequest: Uint8Array, timeoutMs: number): Promise<RenewResponse> {
  return unary((done) =>
    client.makeUnaryRequest(
      '/agent.v1.LinkService/Renew',
      (message) => Buffer.from(toBinary(RenewRequestSchema, message)),
      (bytes) => fromBinary(RenewResponseSchema, bytes),
      create(RenewRequestSchema, { certificateRequest }),
      { deadline: Date.now() + timeoutMs },
      done,
    ),
  );
}

function unary<T>(start: (done: (error: ServiceError | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value as T);
    });
  });
}

/** The hubs that an agent may dial: one of several is active, and answers. */
export class Hubs {
  readonly #addresses: readonly string[];
  #at = 0;
  /** How many hubs were dialled without success since the last connection. */
  #failed = 0;

  /**
   * @param list `HOST:PORT`, several separated by commas
   * @throws Error with a sentence for the operator
   */
  constructor(list: string) {
    this.#addresses = list.split(',').map((address) => address.trim());
    for (const address of this.#addresses) parseAddress(address);
  }

  /** The hub to dial. */
  get current(): string {
    return this.#addresses[this.#at] ?? '';
  }

  /**
   * The current hub does not answer, or has ended the connection: the next hub becomes the current one.
   * @returns whether the next hub was not dialled since the last connection, and should be dialled at once
   */
  next(): boolean {
    this.#at = (this.#at + 1) % this.#addresses.length;
    this.#failed += 1;
    return this.#failed < this.#addresses.length;
  }

  /** The current hub has welcomed the agent. */
  connected(): void {
    this.#failed = 0;
  }
}
