#!/usr/bin/env node
// The command of the package @roundhouse/cli: `up`, and all commands of hub and agent.
import { existsSync, readFileSync } from 'node:fs';
import { checkNode, main } from './terminal.mjs';

const { engines } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The start-up script of a clone, which installs and builds first. It reads its own arguments. */
const ofClone = new URL('../local/up.mjs', import.meta.url);

/** @param {string[]} args */
async function runUp(args) {
  if (!existsSync(ofClone)) return (await import('./up.mjs')).up(args);
  process.argv.splice(2, 1);
  await import(ofClone.href);
  return Number(process.exitCode ?? 0);
}

await main(async () => {
  checkNode(engines.node);
  const [command, ...args] = process.argv.slice(2);
  if (command === 'up') return runUp(args);
  await import('@roundhouse/agent/bin/roundhouse.mjs');
  return process.exitCode === undefined ? 0 : Number(process.exitCode);
});
