import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { fixture, type Hub } from '../roundhouse.js';

/** An MCP server that records its starts and calls in files; see `test/fixtures/servers/ledger.mjs`. */
export function ledger(folder: string, name = 'ledger') {
  const [pids, calls] = [join(folder, `${name}.pids`), join(folder, `${name}.calls`)];
  const lines = (path: string) =>
    existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').filter(Boolean) : [];
  return {
    server: {
      name,
      transport: {
        type: 'stdio',
        command: process.execPath,
        args: [fixture('ledger')],
        env: { PIDS: pids, LEDGER: calls },
      },
    },
    /** Process ids of its starts so far. */
    starts: () => lines(pids).map(Number),
    /** The calls that reached it, each as often as it ran. */
    calls: () => lines(calls),
  };
}

/** Calls `note` and gives the answer; never throws. */
export async function note(hub: Hub, id: string, ms = 0, server = 'ledger', init: RequestInit = {}) {
  try {
    const body = { arguments: { id, ms }, serverId: server, timeoutMs: 60_000 };
    const answer = await hub.call('POST', '/api/tools/note/invoke', body, undefined, init);
    return {
      id,
      status: answer.status,
      body: answer.body,
      pid: Number(answer.body?.data?.content?.[0]?.text),
    };
  } catch {
    // The hub is gone: nothing was acknowledged.
    return { id, status: 0, body: undefined, pid: Number.NaN };
  }
}

/**
 * Addresses for a hub that comes back at the same place. They are chosen beforehand: a port that the kernel chose cannot be taken again
 * while the kernel still remembers the connections of a hub that was killed.
 */
export async function fixedAddresses(): Promise<Record<string, string>> {
  const [http, agents] = [await freePort(), await freePort()];
  return { ROUNDHOUSE_LISTEN: `127.0.0.1:${http}`, ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agents}` };
}
