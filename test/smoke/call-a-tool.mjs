// The smoke test, for whatever Node runs it: start everything, call a real tool, stop everything.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startUp } from '../up.mjs';

const data = mkdtempSync(join(tmpdir(), 'roundhouse-smoke-'));
// What the agent starts shall run on this Node, too.
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
/** A start with everything installed, built and enrolled is ready by then, milliseconds, on a machine that starts Node in 60 ms. */
const secondStartLimit = 3000;
/** The same where other work slows the machine: as many starts of Node that does nothing. */
const secondStartRatio = secondStartLimit / 60;
const outcome = { passed: 0, failed: 0 };

/** @param {string} name @param {() => Promise<void>} body */
async function check(name, body) {
  try {
    await body();
    outcome.passed += 1;
  } catch (error) {
    outcome.failed += 1;
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : error}\n`);
  }
}

await check('the printed call is answered', async () => {
  const up = await startUp(data, { PATH: path });
  try {
    assert(up.curl, `no curl is printed:\n${up.output}`);
    const response = await fetch(...up.curl);
    const answer = /** @type {any} */ (await response.json());
    assert.equal(response.status, 200, JSON.stringify(answer));
    assert.deepEqual(answer.data.content, [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }]);
  } finally {
    assert.equal(await up.stop(), 0, up.log());
  }
});

await check(
  `a second start is ready within ${secondStartLimit} ms, or ${secondStartRatio} starts of Node`,
  async () => {
    const up = await startUp(data, { PATH: path });
    assert.equal(await up.stop(), 0, up.log());
    const bare = performance.now();
    for (let i = 0; i < 5; i += 1) spawnSync(process.execPath, ['-e', '0']);
    const floor = (performance.now() - bare) / 5;
    process.stdout.write(`second start: ${Math.round(up.took)} ms; Node alone: ${Math.round(floor)} ms\n`);
    assert(up.took < Math.max(secondStartLimit, secondStartRatio * floor), 'it was not');
  },
);

rmSync(data, { recursive: true, force: true });
process.stdout.write(`Node ${process.version}\n${outcome.passed} passed, ${outcome.failed} failed\n`);
process.exitCode = outcome.failed > 0 ? 1 : 0;
