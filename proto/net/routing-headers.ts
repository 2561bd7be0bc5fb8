/**
 * Headers by which programs on the way decide where a request goes and where it ends, and headers of a WebSocket's handshake. Node also takes
 * the name that a certificate must have from `Host`.
 */
const routing =
  /^(?:host|:.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|content-length|expect|upgrade|http2-settings|sec-websocket-.*|forwarded|x-forwarded-.*|x-host|x-original-(?:host|url)|x-rewrite-url|x-http-host-override)$/i;

/**
 * Whether a header decides where a request goes. The URL alone decides that: such a header in a registration would send its secrets to another
 * server. The hub refuses such headers, and agents do not send them.
 */
export function isRoutingHeader(name: string): boolean {
  return routing.test(name.trim());
}
