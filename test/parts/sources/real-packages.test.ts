import t from 'tap';
import { asksPublicRegistries } from '../../nightly.js';
import { harness, never, spec } from '../agent/harness.js';

// Package managers take their time where the network is slow.

const cases = [
  {
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-memory@2026.1.26'],
    old: '2026.1.26',
    tool: 'read_graph',
    given: {},
  },
  {
    command: 'uvx',
    args: ['mcp-server-time==2026.10.10', '--local-timezone', 'UTC'],
    old: '2026.10.10',
    tool: 'get_current_time',
    given: { timezone: 'UTC' },
  },
];

for (const { command, args, old, tool, given } of cases) {
  t.test(
    `${command}: a published package is updated to its latest version and back under calls; none fails`,
    asksPublicRegistries,
    async (t) => {
      const { servers } = harness(t);
      const at = (version: string, revision: bigint) =>
        spec({ version, revision, connected: true, transport: { case: 'stdio', value: { command, args, env: {} } } });
      const { versions } = servers;
      servers.put(at('', 1n));
      t.match(await servers.connect('s1', never), { version: old });
      const found = await versions.check('s1', never);
      t.match(found, { current: old });
      t.ok(found.versions.includes(old));
      t.not(found.latest, old);
      t.match(await versions.download('s1', await versions.exact('s1', 'latest', never), never), {
        version: found.latest,
      });
      await versions.install('s1', found.latest);
      t.match(await versions.verify('s1', found.latest, never), { version: found.latest });
      let stop = false;
      let calls = 0;
      const caller = async () => {
        for (; !stop; calls++)
          await servers.callTool('s1', tool, Buffer.from(JSON.stringify(given)), { signal: never });
      };
      const callers = Promise.all(Array.from({ length: 8 }, caller));
      const options = { drainMs: 10_000, signal: never };
      t.match(await servers.switch(at(found.latest, 2n), options), { version: found.latest });
      t.match(await servers.switch(at(old, 3n), options), { version: old });
      stop = true;
      await callers;
      t.ok(calls > 0);
    },
  );
}
