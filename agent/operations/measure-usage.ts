import type { UsageMeter } from '../drivers/usage/usage.js';
import type { Operation } from './operation.js';

/** Measures what the agent's machine and its servers use of memory and disk. */
export function measureUsage(meter: UsageMeter): Operation<'measureUsage'> {
  return {
    name: 'measureUsage',
    async run() {
      return { case: 'json', value: Buffer.from(JSON.stringify(await meter.measure())) };
    },
  };
}
