import { isIPv6 } from 'node:net';

/** Names may have letters of any script: the look-up turns them into ASCII. */
const nameForm = /^[\p{L}\p{M}\p{N}._-]{1,255}$/u;

/**
 * The URL that a site's policy judges before the agent dials a host: `SCHEME://HOST:PORT`. The host has the one form that the look-up gives
 * its spellings: lower case, ASCII, decimal numbers, no dot at its end. It is `undefined` for a text that is no name and no address: with a
 * sign such as `?`, `#` or `\`, the policy would judge another host than the agent dials.
 */
export function hostUrl(scheme: string, host: string, port: number): string | undefined {
  // The zone of an address is the agent's own network interface.
  const name = isIPv6(host) ? `[${host.split('%', 1)[0]}]` : host;
  if (name === host && !nameForm.test(host)) return undefined;
  if (!URL.canParse(`http://${name}`)) return undefined;
  return `${scheme}://${new URL(`http://${name}`).hostname.replace(/\.$/, '')}:${port}`;
}
