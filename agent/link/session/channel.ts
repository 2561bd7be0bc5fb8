import { ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
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
