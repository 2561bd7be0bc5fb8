import t from 'tap';
import { Resolutions } from '../../../agent/drivers/sources/records.js';
import { tempFolder } from '../../temp-folder.js';

t.test('two that write at once do not come in each other’s way', async (t) => {
  const resolutions = new Resolutions(tempFolder(t));
  const versions = Array.from({ length: 50 }, (_, i) => `1.0.${i}`);
  await Promise.all(versions.map((version) => resolutions.set('s', 'npm/a', version)));
  t.ok(versions.includes((await resolutions.get('s', 'npm/a')) ?? ''));
  t.equal(await resolutions.get('s', 'npm/b'), undefined, 'of another source');
});
