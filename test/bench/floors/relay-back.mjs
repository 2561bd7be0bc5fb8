// Floor of a command, the agent's side: dials in and sends every frame back.
import { once } from 'node:events';
import { Client, credentials } from '@grpc/grpc-js';
import { batcher, readFrames, service } from './frames.mjs';
import { serve } from './process.mjs';

/** @param {{ certificates: import('./certificates.mjs').Certificates, grpcPort: number }} setup */
serve(async ({ certificates: { ca, agent }, grpcPort }) => {
  const keys = credentials.createSsl(Buffer.from(ca), Buffer.from(agent.key), Buffer.from(agent.certificate));
  const client = new Client(`127.0.0.1:${grpcPort}`, keys, { 'grpc.ssl_target_name_override': 'localhost' });
  const { path, requestSerialize, responseDeserialize } = service.Relay;
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve(undefined)));
  });
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const send = batcher((message) => stream.write(message));
  stream.on('data', (/** @type {Buffer} */ message) => readFrames(message, send));
  stream.on('error', () => undefined);
  await once(stream, 'metadata');
  return {};
});
