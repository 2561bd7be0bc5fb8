const SCHEME = 'roundhouse://';

/**
 * The URI by which a server's resource goes where many servers are offered together: `roundhouse://SERVER/URI`, with the server's
 * name percent-encoded and the resource's own URI behind it as it is. Templates (RFC 6570) stay templates.
 */
export function exposedUri(serverName: string, uri: string): string {
  return `${SCHEME}${encodeURIComponent(serverName)}/${uri}`;
}

/** The server's name and the resource's own URI; `undefined` for a URI that {@link exposedUri} did not make. */
export function ownUri(exposed: string): { readonly server: string; readonly uri: string } | undefined {
  if (!exposed.startsWith(SCHEME)) return undefined;
  const slash = exposed.indexOf('/', SCHEME.length);
  if (slash < 0) return undefined;
  try {
    return { server: decodeURIComponent(exposed.slice(SCHEME.length, slash)), uri: exposed.slice(slash + 1) };
  } catch {
    return undefined;
  }
}
