// Loaded before every test file, and before the TypeScript programs that a test starts with the options of its own process.
import { appendFileSync, readFileSync } from 'node:fs';
import * as module from 'node:module';
import { compiled, compiledFolder, sourcePath } from './compiled.mjs';
import { programs } from './programs.mjs';

const [, main = ''] = process.argv;
const { ROUNDHOUSE_TEST_LEDGER: ledger } = process.env;
// The programs that the test starts keep no ledger.
delete process.env.ROUNDHOUSE_TEST_LEDGER;

// tap names the folders of a test after its file.
if (main.startsWith(compiledFolder)) process.argv[1] = sourcePath(main);
else if (main.endsWith('.ts')) loadCompiled();

/**
 * Has Node load the compiled file in place of a TypeScript program. Node 22.15 and later can do so without a thread of its own.
 * @typedef {(specifier: string, context: object, next: (specifier: string, context: object) => { url: string }) => object} ResolveNow
 */
function loadCompiled() {
  const { register, registerHooks } = /** @type {{
    register: typeof import('node:module').register, registerHooks?: (hooks: { resolve: ResolveNow }) => void,
  }} */ (module);
  if (!registerHooks) return register('./hooks.mjs', import.meta.url);
  registerHooks({ resolve: (specifier, context, next) => compiled(next(specifier, context)) });
}

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const ticks = 100;

/** The processor time of this process and of the children that it has waited for, and theirs, in seconds. Without /proc: its own only. */
function processorTime() {
  try {
    // The name, in brackets, may hold spaces.
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
    return { own: (user + system) / ticks, children: (childUser + childSystem) / ticks };
  } catch {
    const { user, system } = process.cpuUsage();
    return { own: (user + system) / 1e6, children: 0 };
  }
}

/** Writes the cost so far into the ledger: a process of several test files does so between them. */
export function noteCost() {
  if (!ledger) return;
  const seconds = performance.now() / 1000;
  appendFileSync(ledger, `${JSON.stringify({ cpu: processorTime(), seconds, programs: programs() })}\n`);
}

process.on('exit', noteCost);
