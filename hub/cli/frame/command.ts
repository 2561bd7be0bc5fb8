import type { Roundhouse } from '@roundhouse/sdk';
import { InvalidArgumentError } from 'commander';
import type { Connection, HubOptions } from './connection.js';
import type { Output } from './output.js';
import type { Terminal } from './terminal.js';

/** An option of a command. `T` is the type of its value. */
export interface OptionSpec<T> {
  /** `<name>`; absent: the option takes no value. */
  readonly placeholder?: string;
  readonly help: string;
  /** Its short form, a letter. */
  readonly short?: string;
  readonly choices?: readonly string[];
  readonly parse?: (text: string) => unknown;
  /** Whether it may be given several times. */
  readonly repeated?: boolean;
  readonly required?: boolean;
  readonly fallback?: T;
  /** The default, for the help. */
  readonly fallbackText?: string;
}

/** An argument of a command. `T` is the type of its value. */
export interface ArgumentSpec<T> {
  readonly help: string;
  readonly kind: 'required' | 'optional' | 'rest';
  /** Never set. It only has the type. */
  readonly value?: T;
}

type Options = Readonly<Record<string, OptionSpec<unknown>>>;
type Arguments = Readonly<Record<string, ArgumentSpec<unknown>>>;
type Empty = Record<never, never>;
type ValuesOf<S> = { readonly [K in keyof S]: S[K] extends OptionSpec<infer T> | ArgumentSpec<infer T> ? T : never };

/** A command's options and arguments, and the objects with which it works. */
export interface Context<O = unknown, A = unknown> {
  /** Includes the options that name a hub, if the command takes them. */
  readonly options: ValuesOf<O> & HubOptions;
  readonly args: ValuesOf<A>;
  readonly out: Output;
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Finds the hub that the options and the environment name. @throws CommandError if there is no key for it */
  connection(options?: HubOptions): Promise<Connection>;
}

/** A command, without the types of its options. */
export interface Command {
  readonly name: string;
  /** Its action for the help: a sentence without its full stop. */
  readonly summary: string;
  /** A line that the user can copy. */
  readonly example: string;
  readonly options: Options;
  readonly args: Arguments;
  /** How the command uses a hub: it calls the hub, it only needs its address, or it needs no hub. */
  readonly hub: 'client' | 'address' | 'none';
  /** Whether its result has no form for programs. */
  readonly isPlain: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: `command` checks the types of a command's arguments
  run(context: any): Promise<void>;
}

/** A noun with its commands. */
export interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly (Command | External)[];
}

/** A command that another program runs: the hub, the agent, or `up`. */
export interface External {
  readonly name: string;
  readonly summary: string;
  readonly external: true;
}

/** An entry of the table of commands. */
export type Entry = Noun | Command | External;

interface Given<O extends Options, A extends Arguments, Run> {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly options?: O;
  readonly args?: A;
  readonly isPlain?: boolean;
  readonly run: Run;
}

/** Describes a command that calls the hub. */
export function command<const O extends Options = Empty, const A extends Arguments = Empty>(
  given: Given<O, A, (context: Context<O, A> & { readonly hub: Roundhouse }) => Promise<void>>,
): Command {
  return { options: {}, args: {}, isPlain: false, ...given, hub: 'client' };
}

/** Describes a command that does not call the hub itself. `hub`: it still takes the options that name a hub. */
export function localCommand<const O extends Options = Empty, const A extends Arguments = Empty>(
  given: Given<O, A, (context: Context<O, A>) => Promise<void>>,
  hub: 'address' | 'none' = 'none',
): Command {
  return { options: {}, args: {}, isPlain: false, ...given, hub };
}

/** An option without a value. */
export function flag(help: string, short?: string): OptionSpec<boolean> {
  return { help, ...(short === undefined ? {} : { short }) };
}

/** An option with a text. */
export function text(placeholder: string, help: string): OptionSpec<string | undefined> {
  return { placeholder, help };
}

/** An option with a text that a function parses. The function may throw {@link InvalidArgumentError}. */
export function parsed<T>(placeholder: string, help: string, parse: (text: string) => T): OptionSpec<T | undefined> {
  return { placeholder, help, parse };
}

/** An option that may be given several times. */
export function many(placeholder: string, help: string): OptionSpec<readonly string[]> {
  return { placeholder, help, repeated: true };
}

/** An option with one of several words. */
export function choice<const T extends string>(
  choices: readonly T[],
  help: string,
  placeholder = '<word>',
): OptionSpec<T | undefined> {
  return { placeholder, help, choices };
}

/** The same option with a default. */
export function withDefault<T>(
  option: OptionSpec<T | undefined>,
  fallback: T,
  fallbackText = String(fallback),
): OptionSpec<T> {
  return { ...option, fallback, fallbackText } as OptionSpec<T>;
}

/** The same option, but required. */
export function required<T>(option: OptionSpec<T | undefined>): OptionSpec<T> {
  return { ...option, required: true } as OptionSpec<T>;
}

/** A required argument. */
export const argument = (help: string): ArgumentSpec<string> => ({ help, kind: 'required' });

/** An optional argument. */
export const optional = (help: string): ArgumentSpec<string | undefined> => ({ help, kind: 'optional' });

/** All further arguments. */
export const rest = (help: string): ArgumentSpec<readonly string[]> => ({ help, kind: 'rest' });

/** The option that skips the question. */
export const yes = flag('do not ask', 'y');

export { InvalidArgumentError };
