// The version of Roundhouse stands in package.json; every other place follows it.
//   node deploy/version.mjs            fails if a place has another version
//   node deploy/version.mjs 0.2.0      sets it everywhere, and dates the changelog's section
//   node deploy/version.mjs --notes    prints the changelog's section of this version
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, Stop, say } from './cli/terminal.mjs';
import { root, run } from './local/prepare.mjs';

const number = '\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?';
const manifest = [`^  "version": "(${number})"`, `"@roundhouse/\\w+": "\\^(${number})"`];

/** Where the version stands: file → patterns whose group is the version. @type {Readonly<Record<string, readonly string[]>>} */
const places = {
  'package.json': manifest,
  'proto/package.json': manifest,
  'hub/package.json': manifest,
  'hub/console/package.json': manifest,
  'agent/package.json': manifest,
  'sdk/typescript/package.json': manifest,
  'deploy/cli/package.json': manifest,
  'sdk/python/src/roundhouse/_version.py': [`__version__ = "(${number})"`],
  'sdk/go/rest/client.go': [`const Version = "(${number})"`],
  'deploy/docker/Dockerfile': [`ARG VERSION=(${number})`],
  'deploy/helm/roundhouse/Chart.yaml': [`^version: (${number})$`, `^appVersion: (${number})$`],
  'deploy/compose/docker-compose.yml': [`ghcr\\.io/roundhouse/roundhouse-\\w+:(${number})`],
  'deploy/helm/README.md': [`tag them with the version \\(\`(${number})\`\\)`],
};

/** @param {string} file */
const read = (file) => readFileSync(join(root, file), 'utf8');

/** @param {string} file @returns {string[]} the versions that stand in it */
function versionsIn(file) {
  const patterns = places[file] ?? [];
  return patterns.flatMap((pattern) =>
    [...read(file).matchAll(new RegExp(pattern, 'gm'))].map(([, found = '']) => found),
  );
}

/** @param {string} file @param {string} version */
function setVersion(file, version) {
  let text = read(file);
  for (const pattern of places[file] ?? [])
    text = text.replace(new RegExp(pattern, 'gm'), (whole, found) => whole.replace(found, version));
  writeFileSync(join(root, file), text);
}

/** @param {string} version @returns {string} the section of the changelog, without its title */
function notes(version) {
  const [, section] = read('CHANGELOG.md').split(new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\].*$`, 'm'));
  if (section === undefined) throw new Stop(`CHANGELOG.md has no section for ${version}.`);
  return section.split(/^## /m)[0]?.trim() ?? '';
}

/** @param {string} version */
async function change(version) {
  if (!new RegExp(`^${number}$`).test(version)) throw new Stop(`"${version}" is no version: expected X.Y.Z.`);
  for (const file of Object.keys(places)) setVersion(file, version);
  const today = new Date().toISOString().slice(0, 10);
  const changelog = read('CHANGELOG.md').replace(
    '## [Unreleased]\n',
    `## [Unreleased]\n\n## [${version}] - ${today}\n`,
  );
  writeFileSync(join(root, 'CHANGELOG.md'), changelog);
  await run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']);
  say(`Version ${version}. Next: commit, then \`git tag v${version}\` and push the tag.`);
}

await main(async () => {
  const [given] = process.argv.slice(2);
  const { version } = JSON.parse(read('package.json'));
  if (given === '--notes') {
    process.stdout.write(`${notes(version)}\n`);
    return 0;
  }
  if (given !== undefined) {
    await change(given);
    return 0;
  }
  const problems = Object.keys(places).flatMap((file) => {
    const found = versionsIn(file);
    if (found.length === 0) return [`${file}: no version was found`];
    return found.filter((one) => one !== version).map((one) => `${file}: ${one}, and package.json has ${version}`);
  });
  for (const problem of problems) say(problem);
  say(`${Object.keys(places).length} files name the version, ${problems.length} problems`);
  return problems.length > 0 ? 1 : 0;
});
