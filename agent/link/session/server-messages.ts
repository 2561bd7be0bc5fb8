import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AgentFrameSchema } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from '@roundhouse/proto/bucket';
import type { Logger } from '@roundhouse/proto/log';
import {
  hasShortNames,
  messageWeight,
  mostNote,
  mostParams,
  shareBytesPerSecond,
  shareSeconds,
} from '@roundhouse/proto/unsolicited';
import type { PrivateSink } from '../../drivers/mcp/instances/private-instance.js';
import type { PrivateInstances } from '../../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../../drivers/mcp/servers.js';
import type { DispatchLink } from './dispatch.js';
import { encodeFrame } from './frames.js';

type Frame = MessageInitShape<typeof AgentFrameSchema>['frame'];
type From = Parameters<PrivateSink['notice']>[0];

/** How many messages one server, or one instance, may send within a second, and at once; the hub cuts off agents that send too much. */
const perSecond = 50;
const burstSeconds = 4;
/** How many messages all servers and instances together may send within a second. */
const allPerSecond = 400;
/** How long a notification waits that repeats an earlier one, or that cannot be sent, milliseconds. All repetitions are sent as one. */
const laterMs = 250;
/** The most notifications that wait. */
const mostWaiting = 10_000;
/** The bytes of the notifications that wait: of one server with its instances, and of all servers. */
const mostBytesOfServer = 4 * 1024 * 1024;
const mostBytes = 32 * 1024 * 1024;
/** The most senders whose messages are counted. */
const mostSenders = 5_000;

/** The senders whose messages go to the hub: the servers, and their instances for single clients. */
export interface MessageSources {
  readonly servers: Pick<Servers, 'onNotice'>;
  readonly privates: Pick<PrivateInstances, 'tell'>;
}

/**
 * Passes the messages of servers and instances to the hub from now on. While the hub is unreachable or behind, messages are dropped, except
 * notifications of a change or of an end.
 */
export function passMessages(
  messageSources: MessageSources | undefined,
  link: Pick<DispatchLink, 'send' | 'congested'>,
  reached: () => boolean,
  log: Pick<Logger, 'warn'>,
): void {
  if (!messageSources) return;
  const messages = new ServerMessages((frame) => {
    if (!reached() || link.congested) return false;
    link.send(encodeFrame(frame));
    return true;
  }, log);
  messageSources.servers.onNotice((...notice) => messages.shared(...notice));
  messageSources.privates.tell(messages);
}

/** A notification of a moment ago. */
interface Recent {
  readonly serverId: string;
  readonly bytes: number;
  /** Sends it again; set if it came again since, or could not be sent. */
  again: (() => boolean) | undefined;
}

/** Passes the unsolicited messages of MCP servers on to the hub, at a rate that clients can use. */
export class ServerMessages implements PrivateSink {
  readonly #send: (frame: Frame) => boolean;
  readonly #all = new Bucket(allPerSecond, 2);
  readonly #weight = new Bucket(shareBytesPerSecond, shareSeconds);
  readonly #senders = new Map<string, Bucket>();
  readonly #recent = new Map<string, Recent>();
  /** The bytes in {@link #recent}, of each server and of all. */
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;
  #dropped = 0;
  readonly #log: Pick<Logger, 'warn'>;
  #timer: NodeJS.Timeout | undefined;

  /** @param send false: the hub cannot be reached now. */
  constructor(send: (frame: Frame) => boolean, log: Pick<Logger, 'warn'>) {
    this.#send = send;
    this.#log = log;
  }

  /** A notification of an instance that all clients share. */
  shared(serverId: string, method: string, params: string): void {
    this.notice({ serverId, instanceId: '' }, method, params);
  }

  notice(from: From, method: string, params: string): boolean {
    const value = { ...from, method, params: Buffer.from(params) };
    if (value.params.length > mostNote || !hasShortNames(value)) return false;
    const send = () => this.#pass(from, { case: 'mcpNotice', value }, value.params);
    if (!coalesced.has(method)) return send();
    return this.#once(from, `${senderOf(from)} ${method} ${params}`, value.params.length, send);
  }

  ask(from: From, { id, method, params }: Parameters<PrivateSink['ask']>[1]): boolean {
    const value = { ...from, askId: id, method, params: Buffer.from(params) };
    const fits = value.params.length <= mostParams && hasShortNames(value);
    return fits && this.#pass(from, { case: 'mcpAsk', value }, value.params);
  }

  ended(from: From, reason: string): void {
    this.#senders.delete(senderOf(from));
    // It counts no bytes: the server's notifications must not keep it from being sent.
    const send = () => this.#send({ case: 'privateEnded', value: { ...from, reason } });
    this.#once(from, `${senderOf(from)} ended`, 0, send);
  }

  #pass(from: From, frame: Frame, params: Uint8Array): boolean {
    const sender = senderOf(from);
    const bucket = this.#senders.get(sender) ?? new Bucket(perSecond, burstSeconds);
    if (this.#senders.size >= mostSenders) this.#senders.clear();
    this.#senders.set(sender, bucket);
    return bucket.take() && this.#all.take() && this.#weight.take(messageWeight(params)) && this.#send(frame);
  }

  /** Sends a new message at once. A message that came again, or could not be sent, follows a moment later. */
  #once({ serverId }: Pick<From, 'serverId'>, key: string, bytes: number, send: () => boolean): boolean {
    const known = this.#recent.get(key);
    if (known !== undefined) {
      known.again = send;
      return true;
    }
    const ofServer = (this.#bytesOf.get(serverId) ?? 0) + bytes;
    const hasRoom = bytes === 0 || (ofServer <= mostBytesOfServer && this.#bytes + bytes <= mostBytes);
    if (!hasRoom || this.#recent.size >= mostWaiting) {
      this.#drop(serverId);
      return false;
    }
    this.#bytes += bytes;
    this.#bytesOf.set(serverId, ofServer);
    this.#recent.set(key, { serverId, bytes, again: send() ? undefined : send });
    this.#timer ??= setTimeout(() => this.#again(), laterMs).unref();
    return true;
  }

  /** Counts each dropped message, and logs the count at each power of two: many drops must not make many log entries. */
  #drop(serverId: string): void {
    this.#dropped += 1;
    if ((this.#dropped & (this.#dropped - 1)) !== 0) return;
    const facts = { serverId, dropped: this.#dropped };
    this.#log.warn(
      { event: 'link.notices_dropped', ...facts },
      'notifications of MCP servers were dropped: more of them wait for the hub than are kept',
    );
  }

  #again(): void {
    this.#timer = undefined;
    const said = [...this.#recent];
    this.#recent.clear();
    this.#bytesOf.clear();
    this.#bytes = 0;
    for (const [key, { again, bytes, serverId }] of said) if (again) this.#once({ serverId }, key, bytes, again);
  }
}

/** Notifications that only announce a change: a repetition adds nothing. */
const coalesced = new Set([
  'notifications/tools/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/prompts/list_changed',
]);

function senderOf({ serverId, instanceId }: From): string {
  return `${serverId} ${instanceId}`;
}
