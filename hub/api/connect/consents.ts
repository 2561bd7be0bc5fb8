import { shown } from '@roundhouse/proto/text';
import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { endpoint, type Handlers, RawReply } from '../../http/endpoint.js';
import { connectEnvelope } from './envelope.js';

const Text = (description: string) => Type.Optional(Type.String({ maxLength: 8192, description }));

/** Extension: the consent of users to the use of a server (registrations with `grantType: authorization_code`). */
export const consentEndpoints = {
  completeConsent: endpoint({
    method: 'GET',
    path: '/api/oauth/callback',
    summary: 'The redirect address for users after a consent',
    description:
      'The authorization server of an MCP server sends the browser here after the person has consented. The answer is a page. The state is good once.',
    permission: 'public',
    audit: 'server.authorize',
    extension: true,
    query: Type.Object({
      state: Type.String({ minLength: 1, maxLength: 1024, description: 'The state that the hub sent' }),
      code: Text('Authorization code, where the person consented'),
      iss: Text('Issuer of the answer (RFC 9207)'),
      error: Text('Error code of OAuth 2.0, where the person did not consent'),
      error_description: Text('Explanation of the error'),
    }),
    produces: ['text/html'],
  }),
  showClient: endpoint({
    method: 'GET',
    path: '/api/oauth/client',
    summary: "The hub's metadata as a client of authorization servers",
    description:
      'The document tells authorization servers the name and the redirect address of this hub (OAuth Client ID Metadata).',
    permission: 'public',
    extension: true,
    bare: true,
    response: Type.Object({
      client_id: Type.String(),
      client_name: Type.String(),
      redirect_uris: Type.Array(Type.String()),
      grant_types: Type.Array(Type.String()),
      response_types: Type.Array(Type.String()),
      token_endpoint_auth_method: Type.String(),
      application_type: Type.String(),
    }),
  }),
};

export function consentHandlers({ consents }: Domain): Handlers<typeof consentEndpoints> {
  return {
    async completeConsent({ query }, context) {
      const { ip, userAgent, requestId, startedAt } = context;
      context.audit.written = true;
      const origin = { caller: null, ip, userAgent, requestId, startedAt, api: 'connect' } as const;
      const told = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
      try {
        const { name } = await consents.complete(origin, new URLSearchParams(told).toString());
        return page(200, `The server ${name} may be used now.`, 'This window can be closed.');
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        // The server's authorization server failed or refused. It is neither this hub nor a tool.
        const isElsewhere = error.code === 'upstream_failed';
        const failure = connectEnvelope.failure(error, { requestId, timestamp: new Date().toISOString() });
        const status = isElsewhere ? 502 : failure.status;
        return page(status, 'The server may not be used.', error.message);
      }
    },

    showClient() {
      return { ...consents.client() };
    },
  };
}

function page(status: number, heading: string, text: string): RawReply {
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Roundhouse</title>
<h1>${escaped(heading)}</h1>
<p>${escaped(text)}</p>
</html>
`;
  const headers = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };
  return new RawReply(status, body, headers, 'text/html; charset=utf-8');
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return shown(text).replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
