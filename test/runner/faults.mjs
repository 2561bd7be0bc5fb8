// `npm run test:faults`: the tests below test/faults in their long form. They kill, starve and mislead hub and agent under load, and
// compare the acknowledged changes with the stored ones. `-- --seed N` repeats a run; `-- --rounds N` sets how often each of hub and agent
// is killed.
import { parseArgs } from 'node:util';
import { ended, main, Stop, say } from '../../deploy/local/prepare.mjs';

/** @param {string} name @param {string | undefined} value @param {number} otherwise */
function whole(name, value, otherwise) {
  const number = value === undefined ? otherwise : Number(value);
  if (Number.isInteger(number) && number > 0) return String(number);
  throw new Stop(`--${name} is ${JSON.stringify(value)}: expected a whole number from 1.`);
}

await main(async () => {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, rounds: { type: 'string' } } });
  const env = {
    ...process.env,
    ROUNDHOUSE_TEST_FAULT_SEED: whole('seed', values.seed, 1 + Math.floor(Math.random() * 2 ** 31)),
    ROUNDHOUSE_TEST_FAULT_ROUNDS: whole('rounds', values.rounds, 100),
  };
  say(`Seed ${env.ROUNDHOUSE_TEST_FAULT_SEED}, ${env.ROUNDHOUSE_TEST_FAULT_ROUNDS} rounds.`);
  const command = ['test/runner/main.mjs', '--reruns', '0', '--timeout', '3600', 'faults'];
  const [code] = await ended(process.execPath, command, { env, stdio: 'inherit' });
  return code ?? 1;
});
