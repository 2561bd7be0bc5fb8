import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { fixture, startAgent, startHub } from '../roundhouse.js';

t.test('a client that hangs up cancels the call at the MCP server within a second', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const record = join(hub.data, 'record.jsonl');
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('slow')], env: { RECORD_FILE: record } };
  const serverId = await hub.connectServer({ name: 'slow', transport });
  const recorded = async (method: string) => {
    for await (const _ of poll(record)) {
      const lines = (await readFile(record, 'utf8').catch(() => '')).split('\n').filter(Boolean);
      const found = lines.map((line) => JSON.parse(line)).find((message) => message.method === method);
      if (found) return found;
    }
  };

  const client = new AbortController();
  const call = hub.call('POST', '/api/tools/slow/invoke', { serverId }, undefined, { signal: client.signal });
  const started = await recorded('tools/call');
  const hungUpAt = performance.now();
  client.abort();
  await t.rejects(call);
  const cancelled = await recorded('notifications/cancelled');
  t.ok(performance.now() - hungUpAt < 1000, 'within a second');
  t.equal(cancelled.params.requestId, started.id, 'that very call');

  const after = await hub.call('POST', '/api/tools/quick/invoke', { serverId });
  t.equal(after.status, 200, 'the server goes on');
});

/** Yields whenever a file may have changed, and at first. */
async function* poll(path: string): AsyncGenerator<void> {
  let wake = () => {};
  const watcher = watch(join(path, '..'), () => wake());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      yield;
      await changed;
    }
  } finally {
    watcher.close();
  }
}
