/** One line of a configuration with the lines below it. */
export interface ConfigNode {
  /** Without indentation. Several lines where they are one value, such as a banner. */
  readonly line: string;
  readonly children: ConfigNode[];
}

/** Lines that end a block and are no configuration. */
const closing = /^(?:exit|exit-[\w-]+|end|quit|!.*)$/;
/** A banner goes on to the line that holds its delimiter again. */
const banner = /^(?:no )?banner \S+ (\^\w|\S)(.*)$/;
/** A banner without its second delimiter is one line. */
const longestBanner = 1_000;

/** Reads a configuration that shows its structure by indentation. */
export function parseTree(config: string): ConfigNode[] {
  const root: ConfigNode[] = [];
  const open: { indent: number; children: ConfigNode[] }[] = [{ indent: -1, children: root }];
  const lines = config.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i] ?? '';
    let line = text.trim();
    if (line === '' || closing.test(line)) continue;
    const indent = text.length - text.trimStart().length;
    const [, delimiter, rest = ''] = banner.exec(line) ?? [];
    if (delimiter !== undefined && !line.startsWith('no ') && !rest.includes(delimiter)) {
      const following = lines.slice(i + 1, i + 1 + longestBanner);
      const end = following.findIndex((other) => other.includes(delimiter));
      if (end >= 0) {
        line = [line, ...following.slice(0, end + 1)].join('\n');
        i += end + 1;
      }
    }
    while ((open.at(-1)?.indent ?? -1) >= indent && open.length > 1) open.pop();
    const node: ConfigNode = { line, children: [] };
    open.at(-1)?.children.push(node);
    open.push({ indent, children: node.children });
  }
  return root;
}

/** The parts of a configuration whose first line begins with this text, with the lines below; `undefined` if there are none. */
export function sectionOf(config: string, section: string): string | undefined {
  const wanted = section.trim().replace(/\s+/g, ' ').toLowerCase();
  const kept: string[] = [];
  let inside = false;
  for (const line of config.split('\n')) {
    if (/^\S/.test(line) && !closing.test(line.trim())) {
      const head = line.trim().replace(/\s+/g, ' ').toLowerCase();
      inside = head === wanted || head.startsWith(`${wanted} `) || (wanted.length > 2 && head.startsWith(wanted));
    }
    if (inside && !/^!/.test(line)) kept.push(line);
  }
  return kept.length === 0 ? undefined : kept.join('\n').trimEnd();
}
