// Floor of a command, the hub's side: uWebSockets in front, a gRPC stream with mutual TLS to the process behind it.
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { batcher, readFrames, service } from './frames.mjs';
import { serve } from './process.mjs';
import { listen } from './uws.mjs';

/** @typedef {import('uWebSockets.js').HttpResponse} HttpResponse */

/** @type {Map<number, HttpResponse>} */
const waiting = new Map();
let lastId = 0;
/** @type {(id: number, payload: Buffer) => void} */
let send = () => undefined;

/** @param {import('./certificates.mjs').Certificates} certificates @returns {Promise<number>} the port */
function grpcServer({ ca, hub }, /** @type {(id: number, payload: Buffer) => void} */ received) {
  const server = new Server();
  server.addService(service, {
    Relay: (/** @type {import('@grpc/grpc-js').ServerDuplexStream<Buffer, Buffer>} */ stream) => {
      send = batcher((message) => stream.write(message));
      // Tells the other side that requests can come.
      stream.sendMetadata(new Metadata());
      stream.on('data', (message) => readFrames(message, received));
      stream.on('error', () => undefined);
    },
  });
  const keys = [{ private_key: Buffer.from(hub.key), cert_chain: Buffer.from(hub.certificate) }];
  const credentials = ServerCredentials.createSsl(Buffer.from(ca), keys, true);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/** @param {{ certificates: import('./certificates.mjs').Certificates, headers: Record<string, string>, before: string, after: string }} setup */
serve(async ({ certificates, headers, before, after }) => {
  const lines = Object.entries(headers);
  const [head, tail] = [Buffer.from(before), Buffer.from(after)];
  const grpcPort = await grpcServer(certificates, (id, payload) => {
    const response = waiting.get(id);
    if (!response) return;
    waiting.delete(id);
    response.cork(() => {
      for (const [name, value] of lines) response.writeHeader(name, value);
      response.end(Buffer.concat([head, payload, tail]));
    });
  });
  const { port } = await listen((app) => {
    app.post('/*', (response) => {
      const id = ++lastId;
      waiting.set(id, response);
      response.onAborted(() => waiting.delete(id));
      // A body as small as this one comes in one piece; it is copied, because it does not outlive the call.
      response.onData((chunk, last) => {
        if (last) send(id, Buffer.from(Buffer.from(chunk)));
      });
    });
  });
  return { port, grpcPort };
});
