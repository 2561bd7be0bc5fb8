import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ExitReason } from '../../../agent/drivers/mcp/transports/stdio.js';
import { tempFolder } from './harness.js';

const of = (text: string) => {
  const words = new ExitReason();
  for (const line of text.split('\n')) words.take(line);
  return words.line;
};

t.test('Node: the error, and not the version of Node', async (t) => {
  const cases = [
    ['a.mjs', "import 'nonexistent-pkg';", /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'nonexistent-pkg'/],
    ['b.cjs', "require('nonexistent-pkg');", /^Error: Cannot find module 'nonexistent-pkg'/],
    ['c.mjs', "throw Object.assign(new TypeError('no'), { code: 'X', at: ['y'] });", /^TypeError: no/],
  ] as const;
  for (const [name, program, why] of cases) {
    const file = join(tempFolder(t), name);
    writeFileSync(file, program);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (part) => {
      text += part;
    });
    await once(child, 'close');
    t.match(of(text), why, name);
  }
});

t.test('other languages', async (t) => {
  const python =
    'Traceback (most recent call last):\n  File "x.py", line 1\nModuleNotFoundError: No module named \'zz\'\n';
  t.equal(of(python), "ModuleNotFoundError: No module named 'zz'");
  const go = 'listening\npanic: out of cheese\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:4 +0x25\nexit status 2\n';
  t.equal(of(go), 'panic: out of cheese');
  const java = 'Exception in thread "main" java.lang.Error: no\n\tat A.main(A.java:1)\n';
  t.equal(of(java), 'Exception in thread "main" java.lang.Error: no');
  t.equal(of('starting\nFATAL: env TOKEN is required'), 'FATAL: env TOKEN is required');
  t.equal(of('  indented and alone'), '  indented and alone');
});
