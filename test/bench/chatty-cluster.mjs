// A Kubernetes API that knows pods and nothing else. Each pod writes a line of 75 bytes 4,000 times a second, and each line is sent by itself,
// as the real one does: 300 kB/s in small pieces. Prints its port.

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

/** When a pod's log began, as milliseconds since 1970. @type {Map<string, number>} */
const logs = new Map();
/** The followers, and the next line of each. @type {Map<import('node:http').ServerResponse, { began: number, next: number, timestamps: boolean }>} */
const followers = new Map();

/** How many lines a log has. @param {number} began */
const linesSince = (began) =>
  Math.floor(((performance.timeOrigin + performance.now() - began) * linesPerSecond) / 1000);

/** The second of the last line, as text. */
const second = { at: Number.NaN, text: '' };

/** The time of a line, with nine digits. @param {number} began @param {number} line */
function timeOf(began, line) {
  const ns = (line * 1e9) / linesPerSecond;
  const at = Math.floor(began / 1000) + Math.floor(ns / 1e9);
  if (second.at !== at) Object.assign(second, { at, text: new Date(at * 1000).toISOString().slice(0, 19) });
  return `${second.text}.${String(ns % 1e9).padStart(9, '0')}Z `;
}

/** @param {import('node:http').ServerResponse} response @param {string} pod @param {URLSearchParams} query */
function follow(response, pod, query) {
  const began = logs.get(pod) ?? performance.timeOrigin + performance.now();
  logs.set(pod, began);
  const lines = linesSince(began);
  const [tail, seconds] = [query.get('tailLines') ?? lines, query.get('sinceSeconds') ?? lines];
  const next = Math.max(0, lines - Math.min(Number(tail), Number(seconds) * linesPerSecond));
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  followers.set(response, { began, next, timestamps: query.get('timestamps') === 'true' });
  response.on('close', () => followers.delete(response));
}

setInterval(() => {
  for (const [response, state] of followers) {
    const { began, timestamps } = state;
    // A follower that reads slowly gets no more than it takes, and the rest later.
    for (const due = linesSince(began); state.next < due && !response.writableNeedDrain; state.next += 1) {
      const line = `${String(state.next).padStart(lineBytes - 1, '.')}\n`;
      response.write(timestamps ? timeOf(began, state.next) + line : line);
    }
  }
}, tickMs);

const server = createServer({ key, cert: certificate.toString('pem') }, (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'https://chatty');
  const [, pod, log] = /\/pods\/([^/]+)(\/log)?$/.exec(pathname) ?? [];
  if (pod && log && searchParams.get('follow') === 'true') {
    follow(response, pod, searchParams);
    return;
  }
  const body = pathname.endsWith('/version')
    ? { gitVersion: 'v1.30.0', platform: 'linux/amd64' }
    : pod
      ? { metadata: { name: pod }, spec: { containers: [{ name: 'main' }] }, status: { phase: 'Running' } }
      : { items: [], metadata: {} };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${/** @type {any} */ (server.address()).port}\n`));
