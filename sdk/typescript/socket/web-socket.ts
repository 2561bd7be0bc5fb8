import { RoundhouseError } from '../core/errors.js';

/** The used part of a WebSocket: of browsers, of Node 22 and later, and of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** The WebSocket of this runtime. @throws RoundhouseError `NO_WEBSOCKET` if the runtime has none */
export async function findWebSocket(given: WebSocketConstructor | undefined): Promise<WebSocketConstructor> {
  const found = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (found !== undefined) return found as WebSocketConstructor;
  try {
    const { WebSocket } = await import('ws');
    return WebSocket as unknown as WebSocketConstructor;
  } catch (cause) {
    const message = 'There is no WebSocket here: install the package ws, or give one as WebSocket';
    throw new RoundhouseError({ code: 'NO_WEBSOCKET', status: 0, message, cause });
  }
}
