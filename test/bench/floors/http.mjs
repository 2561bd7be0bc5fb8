// Floor of an HTTP request: a bare uWebSockets server that sends the same bytes, whatever is asked.
import { serve } from './process.mjs';
import { listen } from './uws.mjs';

/** @param {import('./uws.mjs').Recorded} answer */
serve(async (answer) => {
  const headers = Object.entries(answer.headers);
  const { body } = answer;
  const { port } = await listen((app) => {
    app.get('/*', (response) => {
      for (const [name, value] of headers) response.writeHeader(name, value);
      response.end(body);
    });
  });
  return { port };
});
