import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('the record of an agent keeps its newest eight certificates', async (t) => {
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

t.test('a certificate that is issued while its agent is revoked does not undo the revocation', async (t) => {
  const hub = await startDomain(t);
  const { agents } = hub.domain;
  const id = agents.list()[0]?.record.id ?? '';
  const issue = (serial: string) => agents.issued(id, { serial, notAfter: Date.now() + 86_400_000 });
  const issued = [issue('1'), issue('2')];
  const revoked = agents.revoke(hub.admin, id);
  issued.push(issue('3'), issue('4'));
  await revoked;
  await Promise.allSettled(issued);
  t.equal(agents.identify(id), 'revoked');
  t.same(agents.list(), []);
});
