// Loaded into every test file's process (`node-arg` in .taprc). tap adds a module loader of its own to every Node program that a test starts,
// to know what is covered: a hub takes twice the time to start. Where coverage is not measured, programs start as users start them.
import processOnSpawn from 'process-on-spawn';

const LOADER = /"?--import=\S*@tapjs\/processinfo\/\S*/g;

if (process.env._TAPJS_PROCESSINFO_COVERAGE_ !== '1') {
  // Tests hand these on, where what they start is TypeScript.
  process.execArgv = process.execArgv.filter((option) => !option.match(LOADER));
  processOnSpawn.addListener((child) => {
    const entries = Object.entries(child.env).filter(([name]) => !name.startsWith('_TAPJS_PROCESSINFO_'));
    const { NODE_OPTIONS = '', ...env } = Object.fromEntries(entries);
    const options = NODE_OPTIONS.replace(LOADER, '').trim();
    child.env = options === '' ? env : { ...env, NODE_OPTIONS: options };
  });
}
