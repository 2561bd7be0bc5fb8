// Starts a floor's process and talks to it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';

/** Time for one answer, milliseconds. */
const limit = 60_000;

/**
 * @param {string} name of the file in `floors/`
 * @param {object} setup its first message
 * @param {(() => Promise<void>)[]} cleanup gets the function that ends it
 * @returns {Promise<{ pid: number, answer: any, ask: (order: object) => Promise<any> }>}
 */
export async function startFloor(name, setup, cleanup) {
  const child = fork(join(root, 'test/bench/floors', `${name}.mjs`), { stdio: ['ignore', 2, 2, 'ipc'] });
  const exit = once(child, 'exit');
  cleanup.push(async () => {
    if (child.connected) child.disconnect();
    await exit;
  });
  const ask = async (/** @type {object} */ order) => {
    child.send(order);
    const answered = once(child, 'message', { signal: AbortSignal.timeout(limit) });
    const ended = exit.then(() => Promise.reject(new Error(`The floor ${name} ended early.`)));
    const [{ answer, error }] = await Promise.race([answered, ended]);
    if (error) throw new Error(`The floor ${name} failed: ${error}`);
    return answer;
  };
  return { answer: await ask(setup), pid: child.pid ?? 0, ask };
}
