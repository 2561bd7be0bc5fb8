import { shown } from '@roundhouse/proto/text';
import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { isoNow } from '../../domain/moments.js';
import type { ServerRecord } from '../../domain/servers/record.js';
import { type Context, endpoint, type Handlers, RawReply } from '../../http/endpoint.js';
import { pageHeaders, type SessionCookies } from '../../http/request/session-cookies.js';
import { connectEnvelope } from './envelope.js';

const Text = (description: string) => Type.Optional(Type.String({ maxLength: 8192, description }));

const State = Type.String({ minLength: 1, maxLength: 1024, description: 'The state that the hub sent' });
const Issuer = Text('Issuer of the answer (RFC 9207)');

/** Extension: the consent of users to the use of a server (registrations with `grantType: authorization_code`). */
export const consentEndpoints = {
  returnFromConsent: endpoint({
    method: 'GET',
    path: '/api/oauth/callback',
    summary: 'The redirect address for users after a consent',
    description:
      'The authorization server of an MCP server sends the browser here after the person has consented. The answer is a page: it names the server, says who will act in the name of the person, and asks for a confirmation.',
    permission: 'public',
    audit: 'server.authorize',
    extension: true,
    query: Type.Object({
      state: State,
      code: Text('Authorization code, where the person consented'),
      iss: Issuer,
      error: Text('Error code of OAuth 2.0, where the person did not consent'),
      error_description: Text('Explanation of the error'),
    }),
    produces: ['text/html'],
  }),
  completeConsent: endpoint({
    method: 'POST',
    path: '/api/oauth/callback',
    summary: 'Confirm a consent at the page that the browser has come back to',
    description: 'The hub takes the confirmation only from its own page. The state is good once. The answer is a page.',
    permission: 'public',
    audit: 'server.authorize',
    extension: true,
    headers: pageHeaders,
    body: Type.Object({ state: State, code: Type.String({ maxLength: 8192 }), iss: Issuer }),
    example: { state: 'STATE', code: 'CODE' },
    reads: { 'application/x-www-form-urlencoded': async (text) => Object.fromEntries(new URLSearchParams(text)) },
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

export function consentHandlers({ consents }: Domain, cookies: SessionCookies): Handlers<typeof consentEndpoints> {
  const complete = async (told: Readonly<Record<string, unknown>>, context: Context) => {
    const { ip, userAgent, requestId, startedAt } = context;
    context.audit.written = true;
    const origin = { caller: null, ip, userAgent, requestId, startedAt, api: 'connect' } as const;
    const { name } = await consents.complete(origin, new URLSearchParams(texts(told)).toString());
    return page(200, `The server ${name} may be used now.`, ['This window can be closed.']);
  };
  return {
    async returnFromConsent({ query }, context) {
      return orRefusal(context, async () => {
        if (query.code === undefined) return complete(query, context);
        const { name, transport } = consents.asked(query.state);
        context.audit.written = true;
        const { state, code, iss } = query;
        return page(200, `May the server ${name} use your account?`, questionOf(transport), { state, code, iss });
      });
    },

    async completeConsent({ body }, context) {
      return orRefusal(context, async () => {
        cookies.page(context);
        return complete(body, context);
      });
    },

    showClient() {
      return { ...consents.client() };
    },
  };
}

/** The page that says why the server may not be used. */
async function orRefusal(context: Context, answer: () => Promise<RawReply>): Promise<RawReply> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { requestId } = context;
    // The server's authorization server failed or refused. It is neither this hub nor a tool.
    const isElsewhere = error.code === 'upstream_failed';
    const failure = connectEnvelope.failure(error, { requestId, timestamp: isoNow() });
    return page(isElsewhere ? 502 : failure.status, 'The server may not be used.', [error.message]);
  }
}

/** The warning to a person before the server gets the person's account: another person may have sent the address. */
function questionOf(transport: ServerRecord['transport']): readonly string[] {
  const at = 'url' in transport ? ` at ${new URL(transport.url).origin}` : '';
  return [
    `You have just given your consent to an MCP server${at}, which an operator of this Roundhouse hub has registered.`,
    'If you confirm it here, all callers who may use the server at this hub act in your name, with all rights that you have given, until the consent ends.',
    'Confirm it only if you began this yourself. If another person sent you the address, close this window.',
  ];
}

/** The members of an object that are texts. */
function texts(given: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

/** @param confirmed the fields that the button of the page sends; absent: the page has no button */
function page(
  status: number,
  heading: string,
  paragraphs: readonly string[],
  confirmed?: Readonly<Record<string, unknown>>,
): RawReply {
  const fields = texts(confirmed ?? {}).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`,
  );
  const form = `<form method="post" action="callback">\n${fields.join('\n')}\n<button>Confirm</button>\n</form>\n`;
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Roundhouse</title>
<h1>${escaped(heading)}</h1>
${paragraphs.map((text) => `<p>${escaped(text)}</p>`).join('\n')}
${confirmed ? form : ''}</html>
`;
  return new RawReply(status, body, pageSettings, 'text/html; charset=utf-8');
}

/** The browser tells the address of this page, which has a code, to this hub only. It shows the page in no frame of another page. */
const pageSettings = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return shown(text).replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
