import { type OwnAddresses, type ResolveHost, UrlGuard } from '../domain/net/url-guard.js';
import type { WebhookSender } from '../domain/webhooks/sender.js';
import { HttpSender } from './http-sender.js';
import { localAddresses, resolveHost } from './resolve.js';

export interface OutboundOptions {
  readonly allowPrivate: boolean | readonly string[];
  readonly own: () => OwnAddresses;
  readonly version: string;
  /** Default: the operating system's. */
  readonly resolve?: ResolveHost | undefined;
}

/** The hub's own outgoing calls, and the guard before them. */
export function createOutbound({ allowPrivate, own, version, resolve = resolveHost }: OutboundOptions): {
  readonly guard: UrlGuard;
  readonly sender: WebhookSender;
} {
  const guard = new UrlGuard({ resolve, allowPrivate, own, localAddresses });
  return { guard, sender: new HttpSender(guard, version) };
}
