import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { freePort } from '../../free-port.mjs';
import { publishedEverything } from '../../roundhouse.js';
import { findings, suite } from './bench.js';

/** The reference server over streamable HTTP; gives its URL. */
async function remote(t: Test): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, [publishedEverything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  // The server says on its standard error when it listens.
  await once(child.stderr, 'data');
  return `http://127.0.0.1:${port}/mcp`;
}

t.test('a remote server: protocol and definitions are tested, nothing is called', async (t) => {
  const transport = { case: 'http' as const, value: { url: await remote(t), headers: {} } };
  const server = create(ServerSpecSchema, { id: 's1', name: 'one', revision: 1n, transport });
  const result = await suite(t, server, { safeTools: ['echo'] });
  t.same(findings(result), []);
  t.equal(result.subject, 'remote');
  const passed = result.passed?.map(({ test }) => test) ?? [];
  for (const test of ['test_initialize', 'test_unsupported_version', 'test_input_schema[echo]', 'test_latency[ping]'])
    t.ok(passed.includes(test), test);
  const skipped = new Map(result.skipped.map(({ test, reason }) => [test, reason]));
  for (const test of ['test_tool_call[echo]', 'test_latency[echo]', 'test_fuzz[echo]', 'test_secret_echo'])
    t.match(skipped.get(test), /remote server/, test);
});
