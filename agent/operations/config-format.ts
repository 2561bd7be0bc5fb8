import type { ConfigFormat } from '../drivers/network/platforms/platform.js';
import { AgentFailure } from '../failure.js';

const formats: readonly ConfigFormat[] = ['text', 'set', 'json', 'xml'];

/** A configuration's format by its name in the contract; text by default. @throws AgentFailure `invalid_argument`. */
export function configFormat(name: string): ConfigFormat {
  if (name === '') return 'text';
  const format = formats.find((known) => known === name);
  if (format !== undefined) return format;
  throw new AgentFailure('invalid_argument', `format: expected one of ${formats.join(', ')}`, { field: 'format' });
}
