import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { makeSecret, signatureHeaders, takeSecret } from '../../../hub/domain/webhooks/secret.js';

t.test('generated secrets have the form of Standard Webhooks', async (t) => {
  const secret = makeSecret();
  t.match(secret, /^whsec_[A-Za-z0-9+/]{32}$/);
  t.not(secret, makeSecret());
  const headers = signatureHeaders(secret, 'id', Date.now(), '{"a":"ä"}');
  t.same(new Webhook(secret).verify('{"a":"ä"}', headers), { a: 'ä' });
  t.throws(() => new Webhook(secret).verify('{"a":"b"}', headers), /No matching signature/);
});

t.test('given secrets are taken in either form', async (t) => {
  const own = takeSecret('optional-webhook-secret');
  const headers = signatureHeaders(own, 'id', Date.now(), '{}');
  t.same(new Webhook(own).verify('{}', headers), {});
  t.same(new Webhook('optional-webhook-secret', { format: 'raw' }).verify('{}', headers), {}, 'its bytes are the key');
  const standard = makeSecret();
  t.equal(takeSecret(standard), standard);
  t.equal(takeSecret('whsec_AAAAAAAAAAAAAAAAAAAAAA'), 'whsec_AAAAAAAAAAAAAAAAAAAAAA==');
});

t.test('invalid secrets', async (t) => {
  for (const bad of [
    'short',
    'whsec_AAAA',
    'whsec_not base64 at all, not at all',
    `whsec_${'A'.repeat(200)}`,
    'x'.repeat(65),
  ])
    t.throws(() => takeSecret(bad), { code: 'invalid_input', details: { field: 'secret' } }, bad);
});
