// The common part of the floors' HTTP sides.
import uws from 'uWebSockets.js';

/** An answer of the hub, without the headers that uWebSockets writes itself. @typedef {{ headers: Record<string, string>, body: string }} Recorded */

/**
 * A uWebSockets server on a free port of the loopback interface.
 * @param {(app: import('uWebSockets.js').TemplatedApp) => void} routes
 * @returns {Promise<{ port: number }>}
 */
export function listen(routes) {
  const app = uws.App();
  routes(app);
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket) resolve({ port: uws.us_socket_local_port(socket) });
      else reject(new Error('cannot listen'));
    });
  });
}
