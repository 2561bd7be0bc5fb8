import { commonQuestions, type Dialect } from '../ssh/dialect.js';

/** IOS shortens its prompt where configuration is entered: no more than this of the name can be relied on, characters. */
const learned = 16;

const anyPrompt = /^[A-Za-z0-9][\w.:/@~-]{0,99}(?:\([^()\s]{1,60}\))?[>#] *$/;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The common part of IOS, NX-OS and FRRouting's vtysh. */
export const ciscoDialect: Omit<Dialect, 'setup' | 'errors'> = {
  anyPrompt,
  base: (prompt) => prompt.replace(/(?:\([^()]*\))?[>#] *$/, '').slice(0, learned),
  promptOf: (base) => {
    const rest = base.length < learned ? '' : '[\\w.:/@~-]*';
    return new RegExp(`^${escaped(base)}${rest}(?:\\([^()\\s]{1,60}\\))?[>#] *$`);
  },
  mode: (prompt) => (/\)# *$/.test(prompt) ? 'config' : /> *$/.test(prompt) ? 'user' : 'privileged'),
  pager:
    /(?<![ \t])[ \t]*(?:<?-{1,3} ?\(?more\)?[^\n]{0,20}-{1,3}>?(?:\([^)\n]{0,100}\))?|lines \d+-\d+(?:\/\d+)?(?: \d+%| \(END\))?)\s*$/i,
  questions: commonQuestions,
  interrupt: '\x03',
  config: { enter: 'configure terminal', leave: 'end' },
};
