import type { UsageMeter } from '../drivers/usage/usage.js';
import type { Operation } from './operation.js';

/** Measures the memory and the disk space that the agent's machine and its servers use. */
export function measureUsage(meter: UsageMeter): Operation<'measureUsage'> {
  return {
    name: 'measureUsage',
    async run() {
      return { case: 'json', value: Buffer.from(JSON.stringify(await meter.measure())) };
    },
  };
}
