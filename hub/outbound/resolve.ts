import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

/** Look-ups under way: they take threads, so one name that gets no answer must not take several. */
const running = new Map<string, Promise<readonly string[]>>();

/** A host's addresses as the operating system knows them. @throws Error where it has none. */
export function resolveHost(host: string): Promise<readonly string[]> {
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
export function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => entries?.map(({ address }) => address) ?? []);
}
