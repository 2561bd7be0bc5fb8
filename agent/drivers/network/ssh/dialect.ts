/** The mode of a session. */
export type Mode = 'shell' | 'user' | 'privileged' | 'config';

/** The prompts, questions and errors of a platform's command line. */
export interface Dialect {
  /** Any prompt of this platform, as a whole line. */
  readonly anyPrompt: RegExp;
  /** The part that is the same in all prompts of a session. */
  base(prompt: string): string;
  /** The prompts of a session in every mode, as a whole line. */
  promptOf(base: string): RegExp;
  mode(prompt: string): Mode;
  /** Sent once after signing in. An unknown command does no harm. */
  readonly setup: readonly string[];
  readonly pager: RegExp;
  /** Questions that wait for an answer, as a whole line. */
  readonly questions: readonly RegExp[];
  /** Lines that say that a command failed. */
  readonly errors: readonly RegExp[];
  /** Lines before the prompt that are part of the prompt, and not of the output. */
  readonly promptLines?: RegExp;
  /** The text that interrupts a running command. */
  readonly interrupt: string;
  /** The command that gives more rights, and its question for a password. */
  readonly enable?: { readonly command: string; readonly password: RegExp };
  /** The command that starts the command line in an operating system's shell. */
  readonly startCommandLine?: string;
  readonly config: { readonly enter: string; readonly leave: string };
}

/** Questions that many platforms ask. */
export const commonQuestions: readonly RegExp[] = [
  /\[confirm\]\s*$/i,
  /[([]\s*(?:y(?:es)?\s*[/,|]\s*n(?:o)?|n(?:o)?\s*[/,|]\s*y(?:es)?)\s*[)\]]\s*(?:[([]\w+[)\]]\s*)?(?:[?:]\s*)?$/i,
  /^[^\n]{1,200}\?\s*\[[^\]\n]*\][:?]?\s*$/,
  /^[^\n]{1,100}\[[^\]\n]{0,100}\]\?\s*$/,
  /(?:password|passphrase|secret|username)[^\n]{0,40}:\s*$/i,
];

/** How much of the name is the same in all prompts, characters: IOS shortens its prompt in configuration mode. */
const baseLength = 16;

const anyPrompt = /^[A-Za-z0-9][\w.:/@~-]{0,99}(?:\([^()\s]{1,60}\))?[>#] *$/;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The common part of IOS, NX-OS and FRRouting's vtysh. */
export const ciscoDialect: Omit<Dialect, 'setup' | 'errors'> = {
  anyPrompt,
  base: (prompt) => prompt.replace(/(?:\([^()]*\))?[>#] *$/, '').slice(0, baseLength),
  promptOf: (base) => {
    const rest = base.length < baseLength ? '' : '[\\w.:/@~-]*';
    return new RegExp(`^${escaped(base)}${rest}(?:\\([^()\\s]{1,60}\\))?[>#] *$`);
  },
  mode: (prompt) => (/\)# *$/.test(prompt) ? 'config' : /> *$/.test(prompt) ? 'user' : 'privileged'),
  pager:
    /(?<![ \t])[ \t]*(?:<?-{1,3} ?\(?more\)?[^\n]{0,20}-{1,3}>?(?:\([^)\n]{0,100}\))?|lines \d+-\d+(?:\/\d+)?(?: \d+%| \(END\))?)\s*$/i,
  questions: commonQuestions,
  interrupt: '\x03',
  config: { enter: 'configure terminal', leave: 'end' },
};
