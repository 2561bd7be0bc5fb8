import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { type OwnAddresses, type ResolveHost, UrlGuard } from '../domain/net/url-guard.js';
import type { Requester, WebhookSender } from '../domain/webhooks/deliverer.js';
import { HttpSender } from './http-sender.js';

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
  readonly sender: WebhookSender & Requester;
} {
  const guard = new UrlGuard({ resolve, allowPrivate, own, localAddresses });
  return { guard, sender: new HttpSender(guard, version) };
}

/** Look-ups under way: they take threads, so one name that gets no answer must not take several. */
const running = new Map<string, Promise<readonly string[]>>();

/** A host's addresses as the operating system knows them. @throws Error where it has none. */
function resolveHost(host: string): Promise<readonly string[]> {
  let found = running.get(host);
  if (!found) {
    found = lookup(host, { all: true, verbatim: true }).then((entries) => entries.map(({ address }) => address));
    running.set(host, found);
    const forget = () => running.delete(host);
    found.then(forget, forget);
  }
  return found;
}

/** The addresses of this machine. */
function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => entries?.map(({ address }) => address) ?? []);
}
