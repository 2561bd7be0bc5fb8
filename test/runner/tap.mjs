// The module that a test gets when it imports `tap`.
import { load } from '../../agent/bin/load.mjs';
import { severalProgram, tapBundle } from './compiled.mjs';

const tap = load(tapBundle).default;

/** The test that stands for tap in the file that runs. */
let own = tap;

/** In a process of several files: tap, as the file that runs sees it. */
const standIn = new Proxy(
  {},
  {
    get(_, name) {
      const value = own[name];
      return typeof value === 'function' ? value.bind(own) : value;
    },
    set: (_, name, value) => Reflect.set(own, name, value, own),
  },
);

export default process.argv[1] === severalProgram ? standIn : tap;

/**
 * Runs a file's tests below a test with the name of the file.
 * @param {string} file
 * @param {{ folder: string, limitMs: number }} settings the folder that tap names after the file, and its limit
 * @param {() => Promise<unknown>} loadFile
 */
export async function runBelow(file, { folder, limitMs }, loadFile) {
  await tap.test(file, { timeout: limitMs }, async (/** @type {any} */ t) => {
    t.testdirName = folder;
    own = t;
    await loadFile();
  });
}

/** Ends the report once all files have run: open handles of a file would keep it from ending by itself. */
export const endReport = () => tap.end();
