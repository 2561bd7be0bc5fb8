// Scenarios with an authorization server: how the suite's servers are registered, and the person who consents wherever they are asked to.

import { confirmAt } from '../fixtures/mcp/consent-page.mjs';

/** @typedef {import('./client-hub.mjs').Hub} Hub */

/** Consents that one step may need. */
const most = 3;

/** The suite's servers know this client by its metadata document. */
const cimdClient = 'https://conformance-test.local/client-metadata.json';

/** @param {string} scenario @param {any} context @returns {{ auth?: object }} the fields of a registration apart from name and address */
export function registrationOf(
  scenario,
  { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey },
) {
  if (!scenario.startsWith('auth/')) return {};
  const grantType = scenario.startsWith('auth/client-credentials-') ? 'client_credentials' : 'authorization_code';
  const auth = { type: 'oauth2', grantType, clientId, clientSecret, privateKey };
  return { auth: scenario === 'auth/basic-cimd' ? { ...auth, clientId: cimdClient } : auth };
}

/**
 * Runs a request that may need consent, and gives the consent.
 * @param {Hub} hub
 * @param {string} name of the server
 * @param {() => Promise<unknown>} step
 */
export async function withConsent(hub, name, step) {
  for (let given = 0; ; given += 1) {
    try {
      await step();
      return;
    } catch (error) {
      const { runtime } = await hub.server(name);
      if (runtime.authorizationUrl === null || given >= most) throw error;
      await consent(runtime.authorizationUrl);
    }
  }
}

/** Follows the redirects of a browser after consent; the suite's authorization servers do not ask a user. @param {string} url */
async function consent(url) {
  const agreed = await fetch(url, { redirect: 'manual' });
  const back = agreed.headers.get('location');
  if (back === null) throw new Error(`the authorization server answered ${agreed.status}: ${await agreed.text()}`);
  const page = await fetch(back);
  if (!page.ok) throw new Error(`${page.status}: ${await page.text()}`);
  const told = await confirmAt(await page.text(), back);
  if (!told.ok) throw new Error(`${told.status}: ${await told.text()}`);
}
