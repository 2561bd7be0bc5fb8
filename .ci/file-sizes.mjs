// Files stay small: the median at most 120 lines, and none above 350 without a reason that stands here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, say } from '../deploy/local/prepare.mjs';

const [medianLimit, limit] = [120, 350];
/** Path → why this file is better whole. @type {Readonly<Record<string, string>>} */
const longFiles = {};

await main(async () => {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.mjs', '*.js'], {
    cwd: root,
  });
  const files = listed
    .toString()
    .split('\n')
    .filter((path) => path && !/^(?:proto\/gen|sdk\/typescript\/gen|test\/fixtures\/data)\//.test(path));
  const sizes = files.map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }));
  sizes.sort((a, b) => a.lines - b.lines);
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;

  const problems = sizes
    .filter(({ path, lines }) => lines > limit && !longFiles[path])
    .map(({ path, lines }) => `${path} has ${lines} lines: split it, or state the reason in .ci/file-sizes.mjs.`);
  for (const path of Object.keys(longFiles)) {
    const lines = sizes.find((file) => file.path === path)?.lines ?? 0;
    if (lines <= limit) problems.push(`${path} needs its exception in .ci/file-sizes.mjs no longer.`);
  }
  if (median > medianLimit) problems.push(`The median file has ${median} lines; at most ${medianLimit} are wanted.`);
  for (const problem of problems) say(problem);
  say(`${files.length} files, median ${median} lines, longest ${sizes.at(-1)?.lines ?? 0}`);
  return problems.length > 0 ? 1 : 0;
});
