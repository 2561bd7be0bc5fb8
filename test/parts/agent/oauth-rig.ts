import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export const tokenOf = (headers: IncomingHttpHeaders) => (headers.authorization ?? '').replace(/^Bearer /, '');

/** A web server. Gives its address. */
export async function listening(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tokens = (of: string) => ({ access_token: `token-${of}`, refresh_token: `refresh-${of}` });

/** An authorization server that takes every client. It keeps the requests for tokens. */
export async function issuerOf(t: Test, more: (url: string) => object = () => ({})) {
  const asked: { readonly authorization: string; readonly body: URLSearchParams }[] = [];
  let url = '';
  url = await listening(t, async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.method === 'POST') {
      asked.push({ authorization: request.headers.authorization ?? '', body: new URLSearchParams(body) });
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ ...tokens(`${asked.length}-of-${url}`), token_type: 'Bearer', expires_in: 60 }));
      return;
    }
    const endpoints = { authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` };
    const metadata = { issuer: url, ...endpoints, code_challenge_methods_supported: ['S256'], ...more(url) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
  });
  return { url, asked };
}

/** An MCP server that names its authorization server itself, and answers as the test says. */
export async function naming(
  t: Test,
  named: { issuer: string },
  answer: (token: string, method: string) => object | 401,
) {
  let url = '';
  url = await listening(t, async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const reply = (status: number, value: object, headers = {}) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (request.url?.startsWith('/.well-known/oauth-protected-resource'))
      return reply(200, { resource: `${url}/mcp`, authorization_servers: [named.issuer] });
    const { id, method } = JSON.parse(body || '{}');
    const token = tokenOf(request.headers);
    const result = token === '' ? 401 : answer(token, method ?? '');
    if (result === 401) return reply(401, {}, { 'www-authenticate': 'Bearer error="invalid_token"' });
    if (id === undefined) return reply(request.method === 'POST' ? 202 : 405, {});
    const { log, ...told } = result as { readonly log?: string };
    const lines = [log && { method: 'notifications/message', params: { level: 'info', data: log } }, { id, ...told }];
    const events = lines.map((line) => (line ? `data: ${JSON.stringify({ jsonrpc: '2.0', ...line })}\n\n` : ''));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join(''));
  });
  return `${url}/mcp`;
}

const mcpResults: Readonly<Record<string, object>> = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} } },
  'tools/list': { tools: [] },
  'tools/call': { content: [] },
};
export const usual = (method: string) => ({ result: mcpResults[method] ?? {} });
