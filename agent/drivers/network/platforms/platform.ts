import type { AgentFailure } from '../../../failure.js';
import { sectionOf } from '../config/delta.js';
import { deviceFailure } from '../failure.js';
import type { Dialect } from '../ssh/dialect.js';
import type { Ran, Work } from '../ssh/session.js';
import type { CommandClass } from './classify.js';

/** The most values of structured output: a parser takes about 30 ms for them. Longer output is passed on as text only. */
export const mostJsonValues = 300_000;

export type ConfigFormat = 'text' | 'set' | 'json' | 'xml';

/** A device's description of itself. Unknown fields are absent. */
export interface Info {
  readonly model?: string;
  readonly serial?: string;
  readonly osVersion?: string;
  readonly uptime?: string;
}

/** A change for a device. */
export interface Plan {
  /** The base of names at the device: letters, digits and dashes. */
  readonly name: string;
  readonly config: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  /** The running configuration as it was read, in text form. */
  readonly running: string;
  /** How long the device waits for the confirmation. */
  readonly confirmMinutes: number;
}

/** A change that the device has applied. */
export interface Active {
  /** False if the configuration was the same already. */
  readonly changed: boolean;
  /** Whether the device takes the change back by itself without a confirmation. */
  readonly protected: boolean;
  readonly method: string;
  /** Confirms the change. `fresh` is a new connection on which the device has answered. */
  confirm(fresh: Work): Promise<void>;
}

/** One platform: its prompts, its errors, and its procedures. Adding one: a file in this folder, and its line in `table.ts`. */
export interface Platform {
  readonly name: string;
  readonly dialect: Dialect;
  /** Lines that `apply` types for each change, or that change nothing by themselves: the site's policy needs no pattern for them. It judges all others. */
  readonly routine: RegExp;
  /** Classes a command (one line, blanks collapsed). Unknown commands are changes. */
  classify(command: string): CommandClass;
  /** The command for structured output; `undefined` if there is none. */
  structured(command: string): string | undefined;
  /** The formats that a configuration can be read in, and be given in. */
  readonly readFormats: readonly ConfigFormat[];
  readonly writeFormats: readonly ConfigFormat[];
  info(run: (command: string) => Promise<Ran>): Promise<Info>;
  /** The running configuration. @throws AgentFailure `format_unsupported`, `section_not_found`. */
  readConfig(work: Work, format: ConfigFormat, section: string): Promise<string>;
  /** The lines of a configuration, without times, counters and comments. Configurations with the same lines are the same. */
  normalize(config: string): string;
  /** Whether a device with this running configuration takes back changes that are not confirmed. */
  protects(running: string): boolean;
  /** Applies a change. @throws AgentFailure `rejected`, `locked`; `restore` then takes back the part that was applied. */
  apply(work: Work, plan: Plan): Promise<Active>;
  /** Restores the configuration from before a change that was not confirmed. `running` is the current configuration. */
  restore(
    work: Work,
    saved: { readonly name: string; readonly config: string; readonly running: string },
  ): Promise<void>;
  /** Asks the device to take back the change now. Does nothing if the device has no such command. */
  abandon(work: Work, name: string): Promise<void>;
  /** Saves the running configuration as the startup configuration. */
  save(work: Work): Promise<void>;
  /** Removes the files and checkpoints of a change from the device. Failures are ignored. */
  tidy(work: Work, name: string): Promise<void>;
}

/** The failure for a format that the platform does not have. */
export function unsupported(platform: string, format: string, formats: readonly ConfigFormat[]): AgentFailure {
  const message = `${platform} has no configuration in the format ${format}; it has ${formats.join(', ')}`;
  return deviceFailure('invalid_argument', 'format_unsupported', message, { field: 'format', formats });
}

/** The failure for a section that the configuration does not have. */
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
