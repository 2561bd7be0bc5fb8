import type { Work } from '../ssh/session.js';

/** Braces quote a text in Tcl. Characters that braces cannot hold are written with backslashes. */
const quoted = (line: string): string => `"${line.replace(/[\\"$[\]{}]/g, '\\$&').replaceAll('?', '\\077')}"`;

/** Writes a file line by line in the Tcl shell of IOS. Returns false if the device has no such shell, or cannot open the file. */
export async function writeByTclsh({ session, options }: Work, path: string, text: string): Promise<boolean> {
  const started = await session.run('tclsh', options);
  if (started.error !== undefined) return false;
  let written = true;
  try {
    const run = async (line: string): Promise<void> => {
      if (!written) return;
      const { output, error } = await session.run(line, options);
      written = error === undefined && !/couldn't open|invalid command name|wrong # args/i.test(output);
    };
    await run(`set rhf [open "${path}" w]`);
    for (const line of text.replace(/(?<!\n)\n+$/, '').split('\n')) await run(`puts $rhf ${quoted(line)}`);
    await run('close $rhf');
  } finally {
    if (session.isOpen) await session.run('tclquit', options);
  }
  return written;
}
