import type { AgentFailure } from '../../../failure.js';
import { sectionOf } from '../config/delta.js';
import { deviceFailure } from '../failure.js';
import type { Dialect } from '../ssh/dialect.js';
import type { Ran, Work } from '../ssh/session.js';
import type { CommandClass, Pipes } from './classify.js';

/** Structured output of more values is passed on as text only: a parser takes about 30 ms for so many. */
export const mostJsonValues = 300_000;

export type ConfigFormat = 'text' | 'set' | 'json' | 'xml';

/** A device's description of itself. Unknown fields are absent. */
export interface Info {
  readonly model?: string;
  readonly serial?: string;
  readonly osVersion?: string;
  readonly uptime?: string;
}

/** A change to be made. */
export interface Plan {
  /** Of letters, digits and dashes: for names at the device. */
  readonly name: string;
  readonly config: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  /** The running configuration as it was read, in text form. */
  readonly running: string;
  /** How long the device waits for the confirmation. */
  readonly confirmMinutes: number;
}

/** A change that is in force. */
export interface Active {
  /** False: there was nothing to do. */
  readonly changed: boolean;
  /** Without a confirmation the device takes it back by itself. */
  readonly protected: boolean;
  readonly method: string;
  /** Makes it last. `fresh` is a new connection, on which the device has just answered. */
  confirm(fresh: Work): Promise<void>;
}

/** One platform: its prompts, its errors, and its procedures. Adding one: a file in this folder, and its line in `table.ts`. */
export interface Platform {
  readonly name: string;
  readonly dialect: Dialect;
  /** The parts of a line after its first command. */
  readonly pipes: Pipes;
  /** Whether a command (one line, blanks collapsed) changes nothing. Unknown ones are changes. */
  classify(command: string): CommandClass;
  /** The command that asks for structured output; `undefined` where it is not offered. */
  structured(command: string): string | undefined;
  /** The formats that a configuration can be read in, and be given in. */
  readonly readFormats: readonly ConfigFormat[];
  readonly writeFormats: readonly ConfigFormat[];
  info(run: (command: string) => Promise<Ran>): Promise<Info>;
  /** The running configuration. @throws AgentFailure `format_unsupported`, `section_not_found`. */
  readConfig(work: Work, format: ConfigFormat, section: string): Promise<string>;
  /** The lines that make up a configuration, without times, counters and comments. The same lines are the same configuration. */
  normalize(config: string): string;
  /** Whether a device with this running configuration takes back changes that are not confirmed. */
  protects(running: string): boolean;
  /** Puts a change in force. @throws AgentFailure `rejected`, `locked`; whatever had been done then is undone by `restore`. */
  apply(work: Work, plan: Plan): Promise<Active>;
  /** Restores the configuration from before a change that was not confirmed. `running` is the current configuration. */
  restore(
    work: Work,
    saved: { readonly name: string; readonly config: string; readonly running: string },
  ): Promise<void>;
  /** Asks the device to take back the change now. Does nothing if the device has no such command. */
  abandon(work: Work, name: string): Promise<void>;
  /** Writes the configuration to where the device starts from. */
  save(work: Work): Promise<void>;
  /** Removes the leftovers of a change from the device. Its failure does not count. */
  tidy(work: Work, name: string): Promise<void>;
}

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
