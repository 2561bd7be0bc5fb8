// A small MCP server over streamable HTTP whose answers a test writes itself.
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';
import { harness, httpSpec, never } from './harness.js';

export interface Message {
  id?: number;
  method: string;
  params?: Record<string, unknown>;
}

export interface Seen {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly message: Message | undefined;
}

export type Answer = (message: Message, response: ServerResponse, request: IncomingMessage) => void;

export const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
export const result = (id: number | undefined, value: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: value });

export function sendJson(response: ServerResponse, body: string, headers = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
}

export async function listen(
  t: Test,
  handler: RequestListener,
  port = 0,
): Promise<{ url: string; port: number; stop(): Promise<void>; sockets: Set<Socket> }> {
  const server = createServer(handler).listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: bound } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(stop);
  return { url: `http://127.0.0.1:${bound}/mcp`, port: bound, stop, sockets };
}

/** An MCP server over HTTP that is well behaved where `answer` does not say otherwise. Sessions are s1, s2, … */
export async function mcpServer(
  t: Test,
  call: Answer,
  get?: (response: ServerResponse, request: IncomingMessage) => void,
  port = 0,
) {
  const seen: Seen[] = [];
  const sessions = new Set<string>();
  const arrivals = new EventEmitter();
  let count = 0;
  const handler: RequestListener = async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const message = body === '' ? undefined : (JSON.parse(body) as Message);
    seen.push({ method: request.method ?? '', headers: request.headers, message });
    if (message !== undefined) arrivals.emit(message.method, message);
    const session = String(request.headers['mcp-session-id']);
    if (request.method === 'GET' && get !== undefined) get(response, request);
    else if (request.method === 'DELETE') response.writeHead(sessions.delete(session) ? 200 : 404).end();
    else if (message === undefined) response.writeHead(405).end();
    else if (message.method === 'initialize') {
      sessions.add(`s${++count}`);
      const answer = {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'x', version: '1' },
      };
      sendJson(response, result(message.id, answer), { 'mcp-session-id': `s${count}` });
    } else if (!sessions.has(session)) response.writeHead(404).end();
    else if (message.method === 'tools/list') sendJson(response, result(message.id, { tools: [] }));
    else if (message.id === undefined) response.writeHead(202).end();
    else call(message, response, request);
  };
  const { url, stop, sockets } = await listen(t, handler, port);
  const calls = () => seen.filter(({ message }) => message?.method === 'tools/call');
  const times = (method: string) => seen.filter(({ message }) => message?.method === method).length;
  return { url, stop, sockets, seen, sessions, calls, times, arrivals };
}

export async function connectedTo(t: Test, url: string, limits = {}, more = {}) {
  const h = harness(t, limits);
  h.servers.put(httpSpec(url, more));
  const report = await h.servers.connect('s1', never);
  const call = async (tool = 'x', signal: AbortSignal = never): Promise<string> =>
    Buffer.from((await h.servers.callTool('s1', tool, Buffer.from('{"a":1.0}'), { signal })).json).toString();
  return { ...h, connectReport: report, call };
}
