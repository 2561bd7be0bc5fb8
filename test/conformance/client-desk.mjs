// The desk where the suite's clients hand in their scenarios.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { play } from './client-actions.mjs';

/** Scenarios played at once. */
const atOnce = 4;

/**
 * @param {import('./client-hub.mjs').Hub} hub whose agent is the client
 * @returns {Promise<{ url: string, ends: Map<string, string>, close: () => void }>} `ends`: why a scenario was not played to its end, by
 * name; empty for a complete scenario
 */
export async function startDesk(hub) {
  /** @type {Map<string, string>} */
  const ends = new Map();
  let free = atOnce;
  /** @type {(() => void)[]} */
  const waiting = [];
  const server = createServer(async (request, response) => {
    const { 'x-scenario': scenario = '', 'x-server': url } = request.headers;
    try {
      const context = JSON.parse((await text(request)) || '{}');
      if (free === 0) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
      else free -= 1;
      try {
        await play(hub, { scenario: String(scenario), url: String(url), context });
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
      ends.set(String(scenario), '');
      response.end();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      ends.set(String(scenario), reason);
      response.writeHead(500).end(reason);
    }
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, ends, close };
}
