import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { LinkFile } from '../../agent/state/data-folder.js';
import { tempFolder } from '../temp-folder.js';

t.test('it says whether the hub has the agent, and is there only while the agent runs', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'link');
  const file = new LinkFile(folder, pino({ level: 'silent' }));
  t.equal(readFileSync(path, 'utf8'), 'disconnected\n');
  file.tell('connected');
  t.equal(readFileSync(path, 'utf8'), 'connected\n');
  file.remove();
  t.notOk(existsSync(path));
});

t.test('a folder that cannot be written ends nothing', async (t) => {
  const folder = tempFolder(t);
  const lines: string[] = [];
  const file = new LinkFile(folder, pino({ level: 'warn' }, { write: (line) => lines.push(line) }));
  rmSync(folder, { recursive: true });
  file.tell('connected');
  t.match(lines, [/the state of the link cannot be written/]);
});
