import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';

const Text = Type.Optional(Type.String({ maxLength: 8192 }));

/** Extension: users who consent that a server lets its agent in (registrations with `grantType: authorization_code`). */
export const consentEndpoints = {
  completeConsent: endpoint({
    method: 'GET',
    path: '/api/oauth/callback',
    summary: 'Where people come back to who were asked to consent',
    permission: 'public',
    audit: 'server.authorize',
    extension: true,
    query: Type.Object({
      state: Type.String({ minLength: 1, maxLength: 1024 }),
      code: Text,
      iss: Text,
      error: Text,
      error_description: Text,
    }),
    produces: ['text/html'],
  }),
  showClient: endpoint({
    method: 'GET',
    path: '/api/oauth/client',
    summary: 'What authorization servers are told of this hub as a client',
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
