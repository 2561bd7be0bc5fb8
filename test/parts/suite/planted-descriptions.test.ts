import { join } from 'node:path';
import t from 'tap';
import { tempFolder } from '../../temp-folder.js';
import { faulty, findings, nodeServer, suite } from './bench.js';
import { findsPlanted } from './planted.js';

findsPlanted(t, 'security', [
  ['hidden-unicode', ['convert', 'list_units']],
  ['hidden-unicode --tags', ['convert', 'list_units']],
  ['hidden-unicode --bidi', ['convert', 'list_units']],
  ['instructions', ['add', 'pi']],
  ['instructions --plain', ['add', 'pi']],
  ['instructions --parameter', ['add', 'pi']],
]);

findsPlanted(t, 'performance', [['slow-tool', ['report', 'list_regions', 'sales_of']]]);

t.test('a definition that changes at the next start is found, with and without an approval', async (t) => {
  const dataDir = tempFolder(t);
  const server = nodeServer([faulty('rug-pull'), join(dataDir, 'state')]);
  const first = await suite(t, server, { types: ['security'], safeTools: ['list_channels'], dataDir });
  t.match(findings(first), [/test_definitions_stable.*send_message/]);

  const approved = new Map([['list_channels', { name: 'list_channels' }]]);
  const later = await suite(t, server, { types: ['security'], approved, dataDir });
  t.match(findings(later).join('\n'), /test_approved_definition\[list_channels\].*was changed/);
  t.match(findings(later).join('\n'), /test_approved_definition\[send_message\].*added since/);
});
