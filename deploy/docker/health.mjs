// Ends with 0 while the hub of this container says that it is healthy. Its settings come from the environment, as in the image.
import * as http from 'node:http';
import * as https from 'node:https';

const { ROUNDHOUSE_LISTEN = '', ROUNDHOUSE_TLS_CERT } = process.env;
const [, host = '', port = '8080'] = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d{1,5})$/i.exec(ROUNDHOUSE_LISTEN) ?? [];
const hostname = ['', '0.0.0.0'].includes(host) ? '127.0.0.1' : host === '[::]' ? '::1' : host.replace(/^\[|\]$/g, '');
// The hub's certificate has another name, and the check sends no secret.
const options = { hostname, port, path: '/health', timeout: 10_000, agent: false };
const request = ROUNDHOUSE_TLS_CERT
  ? https.get({ ...options, rejectUnauthorized: false })
  : http.get({ ...options, hostname });
request.on('response', (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1;
  response.resume();
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
