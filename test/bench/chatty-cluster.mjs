// A Kubernetes API that knows pods and nothing else. Each log that is followed gets a line of 75 bytes 4,000 times a second, and each line is
// sent by itself, as the real one does: 300 kB/s in small pieces. Prints its port.

import { webcrypto } from 'node:crypto';
import { createServer } from 'node:https';
import * as x509 from '@peculiar/x509';

const lineBytes = 75;
const linesPerSecond = 4000;
const tickMs = 5;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(/** @type {any} */ (webcrypto));
const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const certificate = await x509.X509CertificateGenerator.createSelfSigned({
  name: 'CN=chatty',
  keys: /** @type {any} */ (keys),
  signingAlgorithm: algorithm,
});
const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
const key = `-----BEGIN PRIVATE KEY-----\n${bytes}\n-----END PRIVATE KEY-----\n`;

/** Followers that have room for more, and how many lines they have got. @type {Map<import('node:http').ServerResponse, { since: number, lines: number }>} */
const followers = new Map();

setInterval(() => {
  for (const [response, state] of followers) {
    // A follower that reads slowly gets no more than it takes, and later what it has missed within a second.
    const due = Math.floor(((performance.now() - state.since) * linesPerSecond) / 1000);
    if (due - state.lines > linesPerSecond) state.lines = due - linesPerSecond;
    while (state.lines < due && !response.writableNeedDrain) {
      state.lines += 1;
      response.write(`${String(state.lines).padStart(lineBytes - 1, '.')}\n`);
    }
  }
}, tickMs);

const server = createServer({ key, cert: certificate.toString('pem') }, (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'https://chatty');
  if (pathname.endsWith('/log') && searchParams.get('follow') === 'true') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    followers.set(response, { since: performance.now(), lines: 0 });
    response.on('close', () => followers.delete(response));
    return;
  }
  const pod = /\/pods\/([^/]+)$/.exec(pathname)?.[1];
  const body = pathname.endsWith('/version')
    ? { gitVersion: 'v1.30.0', platform: 'linux/amd64' }
    : pod
      ? { metadata: { name: pod }, spec: { containers: [{ name: 'main' }] }, status: { phase: 'Running' } }
      : { items: [], metadata: {} };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${/** @type {any} */ (server.address()).port}\n`));
