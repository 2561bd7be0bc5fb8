import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { fixture, type Hub } from './roundhouse.js';

const program = fixture('modern');

/** Starts a server of protocol version 2026-07-28 that speaks HTTP; gives its address. It ends with the test. */
export async function modernServer(t: Pick<Test, 'teardown'>, args: readonly string[] = []): Promise<string> {
  const child = spawn(process.execPath, [program, 'http', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended: ${code}`)));
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => {});
  return line.toString().trim();
}

/** Registers such servers by the way they are reached: `stdio`, `http`, and `both`, which speaks earlier versions, too. */
export async function connectModernServers<Way extends 'stdio' | 'http' | 'both'>(
  t: Pick<Test, 'teardown'>,
  hub: Hub,
  ways: readonly Way[],
): Promise<void> {
  for (const name of ways) {
    const stdio = { type: 'stdio', command: process.execPath, args: [program] };
    const http = async () => ({ type: 'http', url: await modernServer(t, name === 'both' ? ['both'] : []) });
    await hub.connectServer({ name, transport: name === 'stdio' ? stdio : await http() });
  }
}
