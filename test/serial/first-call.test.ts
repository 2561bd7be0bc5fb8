import { join } from 'node:path';
import t from 'tap';
import { descendants, isRunning } from '../bench/cpu.mjs';
import { emptyFolder, release } from '../fixtures/packages/released.js';
import { wait } from '../kit/wait.js';
import { compilerLoad } from '../machine.mjs';
import { nightly } from '../nightly.js';
import { startUp } from '../up.mjs';

const inTheNight = nightly ? {} : { skip: 'npm run test:nightly measures it' };

t.test(
  'from an empty folder to the first tool call, with packages that npm knows, in 60 seconds',
  inTheNight,
  async (t) => {
    const env = await release(t);
    const home = await emptyFolder(t);
    const load = (await compilerLoad()) / 1000;
    // On a machine too slow for a minute: as many loads of a compiler.
    const limit = Math.max(60, 120 * load);
    const begun = performance.now();
    const up = await startUp(join(home, 'data'), env, ['npx', '@roundhouse/cli', 'up'], home);
    t.teardown(() => up.stop('SIGKILL'));
    const response = up.curl && (await fetch(...up.curl));
    const seconds = (performance.now() - begun) / 1000;
    t.match(await response?.json(), { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } });
    t.ok(seconds <= limit, `${seconds.toFixed(1)} s, a compiler loads in ${load.toFixed(2)} s`);
    const started = descendants(up.pid);
    t.ok(started.length >= 4, 'up, hub, agent and the demo server run');
    await up.stop();
    await wait('all processes have ended', () => !started.some(isRunning));
  },
);
