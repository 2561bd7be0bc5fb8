import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('of the certificates of an agent the newest eight are on record', async (t) => {
  const { domain } = await startDomain(t);
  const { agents } = domain;
  const id = agents.list()[0]?.record.id ?? '';
  const notAfter = Date.now() + 86_400_000;
  for (let n = 0; n < 20; n += 1) await agents.issued(id, { serial: `${n}`, notAfter });
  t.same(
    agents.list()[0]?.record.certificates.map(({ serial }) => Number(serial)),
    [12, 13, 14, 15, 16, 17, 18, 19],
  );
});
