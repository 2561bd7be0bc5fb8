import t from 'tap';
import { apiNames } from '../../../hub/domain/access/caller.js';
import { byBody, byIssuer, decidedBy, formFor, type Routable } from '../../../hub/http/request/router.js';

const login = (['infrastructure', 'portal'] as const).map(
  (api): Routable => ({ api, method: 'POST', path: '/api/v1/auth/login' }),
);
const refresh = (['automation', 'infrastructure', 'portal'] as const).map(
  (api): Routable => ({ api, method: 'POST', path: '/api/v1/auth/refresh' }),
);
const fields = ({ api }: Routable) => (api === 'portal' ? ['redirect_uri'] : ['username', 'password']);
const issuer = (token: string) => apiNames.find((api) => api === token) ?? null;

t.test('the issuer of the credential decides if it is a candidate', async (t) => {
  t.equal(byIssuer(refresh, 'portal')?.api, 'portal');
  t.equal(byIssuer(refresh, 'connect'), undefined);
  t.equal(byIssuer(refresh, null), undefined);
  t.equal(byIssuer(refresh.slice(2), 'connect')?.api, 'portal', 'the only candidate needs no decision');
});

t.test('the body of a sign-in decides its API', async (t) => {
  t.equal(decidedBy(login), 'login');
  t.equal(byBody(login, 'login', { username: 'a', password: 'b' }, fields, issuer)?.api, 'infrastructure');
  t.equal(byBody(login, 'login', { redirect_uri: 'https://x' }, fields, issuer)?.api, 'portal');
  for (const body of [undefined, null, 1, 'username', [], {}, JSON.parse('{"__proto__":{"username":1}}')])
    t.equal(byBody(login, 'login', body, fields, issuer), undefined);
});

t.test('the token of a refresh decides its API', async (t) => {
  t.equal(decidedBy(refresh), 'refresh');
  for (const { api } of refresh) t.equal(byBody(refresh, 'refresh', { refresh_token: api }, fields, issuer)?.api, api);
  t.equal(byBody(refresh, 'refresh', { refresh_token: 'backend' }, fields, issuer), undefined);
  t.equal(byBody(refresh, 'refresh', { refresh_token: 7 }, fields, issuer), undefined);
});

t.test('the body does not matter if only one API has the path', async (t) => {
  t.equal(decidedBy(login.slice(1)), undefined);
  t.equal(decidedBy([{ api: 'portal', method: 'POST', path: '/api/v1/auth/logout' }, ...login]), undefined);
});

t.test('an error that belongs to no endpoint has the form of one API', async (t) => {
  t.equal(formFor('/api/v1/nothing', null, apiNames), 'automation');
  t.equal(formFor('/api/nothing', null, apiNames), 'connect');
  t.equal(formFor('/api/v1x', null, apiNames), 'connect');
  t.equal(formFor('/api/v1/nothing', 'backend', apiNames), 'backend');
  t.equal(formFor('/portal/nothing', 'backend', apiNames), 'portal', 'a base is its API’s own');
  t.equal(formFor('/portal', null, apiNames), 'portal');
  t.equal(formFor('/', null, apiNames), 'connect');
  t.equal(formFor('/api/v1/nothing', 'portal', ['connect']), 'connect', 'what is not mounted is passed over');
});
