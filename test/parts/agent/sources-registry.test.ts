import { spawn } from 'node:child_process';
import t from 'tap';
import { createSources } from '../../../agent/drivers/sources/sources.js';
import { asksPublicRegistries } from '../../nightly.js';
import { never, repoPath, silentLog, tempFolder } from './harness.js';

// Package managers take their time where the network is slow.

const cases: [string, string[]][] = [
  ['npx', ['-y', '@modelcontextprotocol/server-memory']],
  ['uvx', ['mcp-server-time', '--local-timezone', 'UTC']],
];

for (const [command, args] of cases) {
  t.test(`${command}: a package of the real registry is installed and speaks MCP`, asksPublicRegistries, async (t) => {
    const sources = createSources({ dataDir: tempFolder(t), log: silentLog });
    t.teardown(() => sources.close());
    const program = await sources.prepare('s1', command, args, () => {}, never);
    t.match(program.version, /^20\d\d\.\d+\.\d+$/);
    t.match(await firstAnswer(program.command, program.args), { result: { protocolVersion: '2025-06-18' } });
  });
}

/** The answer of an MCP server to `initialize`. */
async function firstAnswer(command: string, args: readonly string[]): Promise<unknown> {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'ignore'], cwd: repoPath('test') });
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  let text = '';
  for await (const part of child.stdout) {
    text += part;
    if (text.includes('\n')) break;
  }
  child.kill();
  return JSON.parse(text);
}
