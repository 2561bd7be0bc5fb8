// The little of a hub's REST API that a scenario of a client needs.

/** Time for one answer, milliseconds. */
const limit = 120_000;

export class Hub {
  #url;
  #key;

  /** @param {string} url @param {string} key */
  constructor(url, key) {
    this.#url = url;
    this.#key = key;
  }

  get url() {
    return this.#url;
  }

  get key() {
    return this.#key;
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} `data` of the answer */
  async call(method, path, body) {
    const response = await fetch(`${this.#url}/connect/api/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#key}`, 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(limit),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = /** @type {any} */ (await response.json());
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer.error)}`);
    return answer.data;
  }

  /** @param {{ name: string, transport: object, auth?: object }} registration */
  register(registration) {
    return this.call('POST', 'servers', { healthCheck: { enabled: false }, ...registration });
  }

  /** @param {string} name */
  server(name) {
    return this.call('GET', `servers/${name}`);
  }

  /** @param {string} name */
  connect(name) {
    return this.call('POST', `servers/${name}/connect`, {});
  }

  /** @param {string} serverId @param {string} tool @param {object} args */
  invoke(serverId, tool, args) {
    return this.call('POST', `tools/${tool}/invoke`, { serverId, arguments: args, timeoutMs: limit });
  }

  /** @param {string} name */
  async forget(name) {
    await this.call('DELETE', `servers/${name}`).catch(() => {});
  }
}
