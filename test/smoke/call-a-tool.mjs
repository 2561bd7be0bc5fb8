// The smoke test, for whatever Node runs it: start everything, call a real tool, stop everything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startUp } from '../up.mjs';

const data = mkdtempSync(join(tmpdir(), 'roundhouse-smoke-'));
// What the agent starts shall run on this Node, too.
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
const outcome = { passed: 0, failed: 0 };
try {
  const up = await startUp(data, { PATH: path });
  try {
    assert(up.curl, `no curl is printed:\n${up.output}`);
    const response = await fetch(...up.curl);
    const answer = /** @type {any} */ (await response.json());
    assert.equal(response.status, 200, JSON.stringify(answer));
    assert.deepEqual(answer.data.content, [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }]);
    outcome.passed += 1;
  } finally {
    assert.equal(await up.stop(), 0, up.log());
  }
  outcome.passed += 1;
} catch (error) {
  outcome.failed += 1;
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
} finally {
  rmSync(data, { recursive: true, force: true });
}
process.stdout.write(`Node ${process.version}\n${outcome.passed} passed, ${outcome.failed} failed\n`);
process.exitCode = outcome.failed > 0 ? 1 : 0;
