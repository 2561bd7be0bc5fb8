// The smoke test, for whatever Node runs it: start everything, call a real tool, stop everything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { best, compilerLoad } from '../machine.mjs';
import { startUp } from '../up.mjs';

const data = mkdtempSync(join(tmpdir(), 'roundhouse-smoke-'));
// The agent's programs shall run on this Node, too.
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
/** A start with everything installed, built and enrolled is ready by then, milliseconds. */
const secondStartLimit = 3000;
/** On a machine too slow for that: within as many loads of a compiler. */
const secondStartLoads = 15;
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
  `a second start is ready within ${secondStartLimit} ms, or ${secondStartLoads} loads of a compiler`,
  async () => {
    const load = await compilerLoad();
    const start = await best(async () => {
      const up = await startUp(data, { PATH: path });
      assert.equal(await up.stop(), 0, up.log());
      return up.took;
    });
    process.stdout.write(`second start: ${Math.round(start)} ms; load of a compiler: ${Math.round(load)} ms\n`);
    assert(start < Math.max(secondStartLimit, secondStartLoads * load), 'it was not');
  },
);

rmSync(data, { recursive: true, force: true });
process.stdout.write(`Node ${process.version}\n${outcome.passed} passed, ${outcome.failed} failed\n`);
process.exitCode = outcome.failed > 0 ? 1 : 0;
