import { argument, type Command, type Entry, localCommand, type OptionSpec } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import { flagOf, isCommand, isNoun, optionsOf } from '../../frame/program.js';

/** `roundhouse completion`. @param table gives the whole table of commands */
export const completion = (table: () => readonly Entry[]) =>
  localCommand({
    name: 'completion',
    summary: `print the completions for a shell: ${shells.join(', ')}`,
    example: 'source <(roundhouse completion bash)',
    args: { shell: argument(shells.join(', ')) },
    isPlain: true,
    async run({ args, out }) {
      const shell = shells.find((name) => name === args.shell);
      if (!shell) throw new CommandError(`'${args.shell}' is no shell of these: ${shells.join(', ')}`, 'usage');
      await out.text(completionScript(shell, table()));
    },
  });

/** The shells that have completions. */
const shells = ['bash', 'zsh', 'fish'] as const;

interface Word {
  readonly word: string;
  readonly help: string;
}

/** For each place of the command line, such as `server add`, the words that may follow. */
interface Place {
  readonly path: string;
  readonly words: readonly Word[];
  /** The choices of each option with a value. An option without choices takes a file name, or a value that the shell does not know. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** The completions of the whole table for a shell, as a script that the shell reads. */
export function completionScript(shell: (typeof shells)[number], table: readonly Entry[]): string {
  const places = placesOf(table);
  return { bash, zsh, fish }[shell](places);
}

/** The places of a table, the start of the line first. */
export function placesOf(table: readonly Entry[]): Place[] {
  const first = table.map(({ name, summary }) => ({ word: name, help: summary }));
  const below = table.flatMap((entry): Place[] => {
    if (isCommand(entry)) return [placeOf(entry.name, entry)];
    if (!isNoun(entry)) return [];
    const words = entry.commands.map(({ name, summary }) => ({ word: name, help: summary }));
    return [
      { path: entry.name, words, values: {} },
      ...entry.commands.filter(isCommand).map((command) => placeOf(`${entry.name} ${command.name}`, command)),
    ];
  });
  const top = { path: '', words: [...first, { word: 'help', help: 'show the help of a command' }], values: {} };
  return [top, ...below];
}

function placeOf(path: string, command: Command): Place {
  const options = Object.entries(optionsOf(command));
  const words = options.flatMap(([name, { help, short }]) => [
    { word: flagOf(name), help },
    ...(short === undefined ? [] : [{ word: `-${short}`, help }]),
  ]);
  return { path, words, values: Object.fromEntries(options.flatMap(([name, option]) => valuesOf(name, option))) };
}

function valuesOf(name: string, { placeholder, choices = [] }: OptionSpec<unknown>): [string, readonly string[]][] {
  return placeholder === undefined ? [] : [[flagOf(name), choices]];
}

/** A text in single quotation marks, for all of the shells. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => `    ${quoted(path)}) words=${quoted(wordsOf(words))} ;;`);
  return `# bash completion of roundhouse: source <(roundhouse completion bash)
_roundhouse() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} place='' words='' i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] && break
    case " ${placeNames(places)} " in *" \${place:+$place/}\${COMP_WORDS[i]} "*) place="\${place:+$place/}\${COMP_WORDS[i]}" ;; esac
  done
  place=\${place/\\// }
  case "$place $before" in
${valueCases(places)}
  esac
  if [[ -z $words ]]; then
    case "$place" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _roundhouse roundhouse
`;
}

const wordsOf = (words: readonly Word[]) => words.map(({ word }) => word).join(' ');

const placeNames = (places: readonly Place[]) =>
  places
    .map(({ path }) => path.replace(' ', '/'))
    .filter(Boolean)
    .join(' ');

/** Cases of a shell's \`case\`: the choices of an option, or the name of a file. */
function valueCases(places: readonly Place[]): string {
  return places
    .flatMap(({ path, values }) =>
      Object.entries(values).map(([option, choices]) =>
        choices.length > 0
          ? `    ${quoted(`${path} ${option}`)}) words=${quoted(choices.join(' '))} ;;`
          : `    ${quoted(`${path} ${option}`)}) COMPREPLY=(); return ;;`,
      ),
    )
    .join('\n');
}

function zsh(places: readonly Place[]): string {
  const described = ({ word, help }: Word) => quoted(`${word.replaceAll(':', '\\:')}:${help}`);
  const cases = places.map(({ path, words }) => `    ${quoted(path)}) choices=(${words.map(described).join(' ')}) ;;`);
  const values = places.flatMap(({ path, values }) =>
    Object.entries(values).map(([option, choices]) =>
      choices.length > 0
        ? `    ${quoted(`${path} ${option}`)}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`
        : `    ${quoted(`${path} ${option}`)}) _files; return ;;`,
    ),
  );
  return `#compdef roundhouse
# zsh completion of roundhouse: source <(roundhouse completion zsh)
_roundhouse() {
  local place='' before=$words[CURRENT-1] i
  local -a line=($words)
  for ((i = 2; i < CURRENT && i < 4; i++)); do
    [[ $line[i] == -* ]] && break
    case " ${placeNames(places)} " in *" \${place:+$place/}$line[i] "*) place="\${place:+$place/}$line[i]" ;; esac
  done
  place=\${place/\\// }
  local -a choices
  case "$place $before" in
${values.join('\n')}
  esac
  case "$place" in
${cases.join('\n')}
  esac
  _describe roundhouse choices
  [[ $place == *' '* || -z $choices ]] && _files
}
compdef _roundhouse roundhouse
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, values }) => {
    const [noun, verb] = path.split(' ');
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : verb === undefined
          ? `__roundhouse_at ${noun}`
          : `__roundhouse_at ${noun} ${verb}`;
    return words.map(({ word, help }) => {
      const about = `-d ${quoted(help)}`;
      if (!word.startsWith('-')) return `complete -c roundhouse -f -n ${quoted(condition)} -a ${word} ${about}`;
      const name = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;
      const choices = values[word];
      const value = choices === undefined ? '' : choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r';
      return `complete -c roundhouse -n ${quoted(condition)} ${name}${value} ${about}`;
    });
  });
  return `# fish completion of roundhouse: roundhouse completion fish | source
function __roundhouse_at
  set -l words (commandline -opc)
  set -e words[1]
  test (count $argv) -eq 1; and test (count $words) -ne 1; and not contains -- "$argv[1]" ${places
    .filter(({ path, words }) => path !== '' && !path.includes(' ') && words.every(({ word }) => word.startsWith('-')))
    .map(({ path }) => path)
    .join(' ')}; and return 1
  for i in (seq (count $argv))
    test "$words[$i]" = "$argv[$i]"; or return 1
  end
end
${lines.join('\n')}
`;
}
