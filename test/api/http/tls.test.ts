import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import t from 'tap';
import { tempFolder } from '../../temp-folder.js';
import { call, keyOf, on, startHttp } from './fixture.js';

async function certificate(dir: string) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=localhost',
      keys: keys as webcrypto.CryptoKeyPair,
      signingAlgorithm: algorithm,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    },
    webcrypto,
  );
  const cert = made.toString('pem');
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  return { files, cert };
}

t.test('TLS by configuration', async (t) => {
  const { files, cert } = await certificate(tempFolder(t));
  const { port, url } = await startHttp(
    t,
    { connect: [on('GET', '/api/value', {}, () => 'hello')] },
    { settings: { tls: files } },
  );
  const body = await new Promise<string>((resolve, reject) => {
    const headers = { 'x-api-key': keyOf('none') };
    get(
      { host: '127.0.0.1', servername: 'localhost', port, path: '/connect/api/value', ca: cert, headers, agent: false },
      (res) => {
        res.setEncoding('utf8');
        let text = '';
        res.on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('end', () => resolve(text));
      },
    ).on('error', reject);
  });
  t.match(JSON.parse(body), { data: 'hello' });
  await t.rejects(call(`${url}/connect/api/value`), 'nothing is said without TLS');
});

t.test('the hub reports a missing certificate at start', async (t) => {
  const tls = { cert: join(tempFolder(t), 'none.pem'), key: 'none' };
  await t.rejects(startHttp(t, {}, { settings: { tls } }), /TLS file '.*none\.pem' does not exist/);
});
