import type { AgentFailure } from '../../../failure.js';
import { sectionOf } from '../config/tree.js';
import { deviceFailure } from '../failure.js';
import type { Work } from '../ssh/session.js';
import type { ConfigFormat } from './platform.js';

/** The platform cannot do this format. */
export function unsupported(platform: string, format: string, formats: readonly ConfigFormat[]): AgentFailure {
  const message = `${platform} has no configuration in the format ${format}; it has ${formats.join(', ')}`;
  return deviceFailure('invalid_argument', 'format_unsupported', message, { field: 'format', formats });
}

/** The configuration has no such part. */
export function noSection(section: string): AgentFailure {
  return deviceFailure('invalid_argument', 'section_not_found', `the configuration has no section '${section}'`, {
    field: 'section',
  });
}

/** The output of a command that shows a configuration. @throws AgentFailure `upstream` if the device refuses it. */
export async function show({ session, options }: Work, command: string): Promise<string> {
  const { output, error } = await session.run(command, { ...options, shows: true });
  if (error === undefined) return output;
  throw deviceFailure('upstream', 'rejected', `the device refuses '${command}': ${error}`, {
    errors: [{ line: command, error }],
  });
}

/** A text configuration without the device's header, or a section of it. @throws AgentFailure `section_not_found`. */
export function textConfig(output: string, header: RegExp, section: string): string {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const config = `${lines
    .filter((line) => !header.test(line))
    .join('\n')
    .trim()}\n`;
  if (section === '') return config;
  const part = sectionOf(config, section);
  if (part === undefined) throw noSection(section);
  return `${part}\n`;
}
