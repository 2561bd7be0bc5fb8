// Asks the package registries, through npm and pip as they are configured here, whether the package of every template exists.
// `node .ci/check-templates.mjs [TEMPLATE-ID…]`: all templates, or those named.
// Exit codes: 0 all exist, 1 some do not, 3 a registry is out of reach.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { pythonPath } from '../deploy/local/parts.mjs';
import { main, root, Stop, say } from '../deploy/local/prepare.mjs';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** @returns {Promise<(typeof import('../hub/domain/templates/catalog.js'))['builtinTemplates']>} from the source as it is now */
async function readTemplates() {
  const entry = join(root, 'hub/domain/templates/catalog.ts');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const source = encodeURIComponent(outputFiles[0]?.text ?? '');
  return (await import(`data:text/javascript,${source}`)).builtinTemplates;
}

/**
 * A client's exit code and output for a package.
 * @param {string} program @param {string[]} args
 * @returns {Promise<{ ok: boolean, text: string }>}
 */
async function ask(program, args) {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: TIMEOUT_MS });
    return { ok: stdout.trim() !== '', text: stdout + stderr };
  } catch (error) {
    const {
      code,
      message,
      stdout = '',
      stderr = '',
    } = /** @type {{ code?: unknown, message: string, stdout?: string, stderr?: string }} */ (error);
    if (code === 'ENOENT') throw new Stop(`${program} is not installed`);
    return { ok: false, text: stdout + stderr || message };
  }
}

/** @param {string} name @returns {Promise<'exists' | 'missing' | 'unknown'>} */
async function atNpm(name) {
  // Its errors are read, however quiet the npm that this runs under was told to be.
  const options = ['--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=500'];
  const { ok, text } = await ask('npm', ['view', name, 'version', ...options]);
  if (ok) return 'exists';
  return /\bE404\b/.test(text) ? 'missing' : 'unknown';
}

/** @param {string} name @returns {Promise<'exists' | 'missing' | 'unknown'>} */
async function atPypi(name) {
  // Only its debug output tells a package that is not there from a registry that does not answer.
  // Some need a newer Python than this machine has: the check is whether they exist, not whether they would run here.
  const options = ['-vv', '--disable-pip-version-check', '--retries=1', '--timeout=15'];
  options.push('--python-version=3.13', '--only-binary=:all:');
  const { ok, text } = await ask(pythonPath, ['-m', 'pip', 'index', 'versions', name, ...options]);
  if (ok) return 'exists';
  return /Could not fetch URL .*: 404 /.test(text) ? 'missing' : 'unknown';
}

await main(async () => {
  const wanted = process.argv.slice(2);
  const builtinTemplates = await readTemplates();
  const unheardOf = wanted.filter((id) => !builtinTemplates.some((template) => template.id === id));
  if (unheardOf.length > 0) throw new Stop(`No such template: ${unheardOf.join(', ')}`);
  const templates = builtinTemplates.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const count = { exists: 0, missing: 0, unknown: 0 };
  // One after the other, to spare the registry.
  for (const { id, npmPackage, pypiPackage } of templates) {
    const answer = npmPackage === null ? await atPypi(pypiPackage ?? '') : await atNpm(npmPackage);
    count[answer] += 1;
    if (answer !== 'exists')
      say(`${id}: ${npmPackage ?? pypiPackage} ${answer === 'missing' ? 'does not exist' : 'could not be asked for'}`);
  }
  say(`${templates.length} templates: ${count.exists} exist, ${count.missing} do not, ${count.unknown} unknown`);
  return count.missing > 0 ? 1 : count.unknown > 0 ? 3 : 0;
});
