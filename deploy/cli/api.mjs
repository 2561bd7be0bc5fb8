// The little of the Connect API that `up` needs: to see how far hub and agent have come, and to let the agent in.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';

/** How often readiness is looked at, milliseconds. */
const interval = 25;
/** Time for an answer, milliseconds: a server that is to be connected has to start first. */
const answerMs = 60_000;

/**
 * Connections to a hub with TLS. Its certificate may have any issuer, and name another host: it must be the certificate of the settings,
 * and nothing is sent before that is known.
 * @param {string} certFile
 */
function pinned(certFile) {
  const agent = new https.Agent({ keepAlive: true });
  agent.createConnection = (options, callback) => {
    const done = /** @type {(error: Error | null, socket?: import('node:stream').Duplex) => void} */ (callback);
    const known = new X509Certificate(readFileSync(certFile)).fingerprint256;
    const { host, port } = /** @type {{ host: string, port: number }} */ (options);
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      socket.off('error', done);
      if (socket.getPeerX509Certificate()?.fingerprint256 === known) return done(null, socket);
      socket.destroy();
      done(new Error(`The server at this address does not show the certificate of ${certFile}.`));
    });
    socket.once('error', done);
    return undefined;
  };
  return agent;
}

/** A client of one hub. */
export class Api {
  #url;
  #request;
  #agent;

  /** @param {string} url @param {string} tlsCert path of the hub's certificate, or empty without TLS */
  constructor(url, tlsCert) {
    this.#url = url;
    this.#request = tlsCert ? https.request : http.request;
    this.#agent = tlsCert ? pinned(tlsCert) : new http.Agent({ keepAlive: true });
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {{ key?: string, body?: unknown }} [options]
   * @returns {Promise<{ status: number, body: any }>}
   */
  call(method, path, { key, body } = {}) {
    return new Promise((resolve, reject) => {
      /** @type {Record<string, string>} */
      const headers = {};
      if (key) headers.authorization = `Bearer ${key}`;
      if (body) headers['content-type'] = 'application/json';
      const options = { method, headers, agent: this.#agent, timeout: answerMs };
      const request = this.#request(new URL(path, this.#url), options, (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
          } catch (error) {
            reject(error);
          }
        });
      });
      request.on('timeout', () => request.destroy(new Error(`No answer within ${answerMs / 1000} s.`)));
      request.on('error', reject);
      request.end(body && JSON.stringify(body));
    });
  }

  /** Resolves once the hub answers `GET /health`. @param {AbortSignal} signal */
  healthy(signal) {
    return until(signal, async () => (await this.call('GET', '/health')).status === 200 || undefined);
  }

  /** A join token, as `roundhouse token create` prints it. @param {string} site @param {string} key */
  async token(site, key) {
    const { status, body } = await this.call('POST', '/connect/api/agents/tokens', { key, body: { site } });
    if (status !== 201) throw new Error(`The hub made no join token (${status}): ${JSON.stringify(body)}`);
    return body.data.token;
  }

  /** Resolves with a connected agent of the site. @param {string} site @param {string} key @param {AbortSignal} signal */
  agent(site, key, signal) {
    return until(signal, async () => {
      const { body } = await this.call('GET', '/connect/api/agents', { key });
      return body.data?.find(
        (/** @type {{ site: string, status: string }} */ agent) => agent.site === site && agent.status === 'connected',
      );
    });
  }

  /**
   * Resolves with the server of this name once it is connected or has failed to connect; `undefined` if no server has this name.
   * @param {string} name
   * @param {string} key
   * @param {AbortSignal} signal
   * @returns {Promise<{ id: string, status: string } | undefined>}
   */
  async server(name, key, signal) {
    const found = await until(signal, async () => {
      const { status, body } = await this.call('GET', '/connect/api/servers', { key });
      if (status !== 200) return undefined;
      const server = body.data.find((/** @type {{ name: string }} */ entry) => entry.name === name);
      if (!server) return { server: undefined };
      return server.status === 'connected' || server.status === 'error' ? { server } : undefined;
    });
    return found.server;
  }

  close() {
    this.#agent.destroy();
  }
}

/**
 * Looks again and again until there is something to see. A refused connection is nothing to see yet.
 * @template T
 * @param {AbortSignal} signal
 * @param {() => Promise<T | undefined>} look
 * @returns {Promise<T>}
 */
async function until(signal, look) {
  for (;;) {
    signal.throwIfAborted();
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    await pause(interval, undefined, { signal });
  }
}
