import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Authentication } from '@fieldgate/guard';
import { type JwksOptions, jwks } from '@fieldgate/guard/jwks';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

const audience = 'https://api.example.com';

const createKey = async (kid: string, alg = 'ES256') => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
};
type Key = Awaited<ReturnType<typeof createKey>>;

/** A real authorization server, as far as a resource server sees it. */
const startIssuer = async () => {
  const state = {
    keys: [await createKey('one')],
    asked: [] as string[],
    active: true as unknown,
    answers: new Map<string, (request: IncomingMessage, response: ServerResponse) => void>(),
  };
  const server = createServer((request, response) => {
    state.asked.push(request.url ?? '');
    const special = state.answers.get(request.url ?? '');
    if (special) return special(request, response);
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return json({ issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/introspect` });
      case '/keys':
        return json({ keys: state.keys.map(({ jwk }) => jwk) });
      case '/introspect':
        if (request.headers.authorization !== `Basic ${btoa('api:se%2Bcret')}`) return response.writeHead(401).end();
        return json({ active: state.active });
      default:
        return response.writeHead(404).end();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  onTestFinished(async () => void (await close()));
  const sign = async (claims: object = {}, { typ = 'at+jwt', key = state.keys[0] as Key, header = {} } = {}) =>
    new SignJWT({ iss: issuer, aud: audience, sub: 'ada', role: 'USER', scope: 'a b', exp: inSeconds(60), ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ, ...header })
      .sign(key.privateKey);
  return { ...state, state, issuer, sign, close };
};

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

const setUp = async (options: Partial<JwksOptions> = {}) => {
  const issuer = await startIssuer();
  const faults = vi.fn();
  const authenticate = jwks({ issuer: issuer.issuer, audience, onFault: faults, ...options });
  const ask = async (token: string): Promise<Authentication> =>
    authenticate({ header: (name) => (name === 'authorization' ? `Bearer ${token}` : null) });
  return {
    ...issuer,
    faults,
    ask,
    timesAsked: (path: string) => issuer.state.asked.filter((each) => each === path).length,
  };
};

const rejected = (reason: string) => ({ kind: 'rejected', reason });
const unavailable = expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' });

describe('tokens of another issuer', () => {
  test('are accepted by its published keys: the caller is what the claims say', async () => {
    const { ask, sign, timesAsked } = await setUp();
    const exp = inSeconds(60);
    expect(await ask(await sign({ exp, sid: 's1' }))).toEqual({
      kind: 'accepted',
      viewer: {
        kind: 'account',
        id: 'ada',
        role: 'USER',
        scopes: ['a', 'b'],
        sessionId: 's1',
        via: 'bearer',
        expiresAt: exp,
      },
    });
    const service = { sub: 'till', client_id: 'till', role: undefined, jti: '1', scope: 'orders:read' };
    expect(await ask(await sign(service))).toMatchObject({
      viewer: { kind: 'service', id: 'till', scopes: ['orders:read'] },
    });
    expect(await ask(await sign({ aud: ['https://other.example.com', audience] }))).toMatchObject({ kind: 'accepted' });
    expect(timesAsked('/keys')).toBe(1);
    expect(timesAsked('/.well-known/openid-configuration')).toBe(1);
  });

  test.each([
    ['expired', { exp: inSeconds(-30) }, {}, 'TOKEN_EXPIRED'],
    ['not yet valid', { nbf: inSeconds(60) }, {}, 'TOKEN_INVALID'],
    ['without an expiry', { exp: undefined }, {}, 'TOKEN_INVALID'],
    ['without a subject', { sub: undefined }, {}, 'TOKEN_INVALID'],
    ['for another API', { aud: 'https://other.example.com' }, {}, 'TOKEN_INVALID'],
    ['without an audience', { aud: undefined }, {}, 'TOKEN_INVALID'],
    ['of another issuer', { iss: 'https://evil.example.com' }, {}, 'TOKEN_INVALID'],
    ['of another type', {}, { typ: 'JWT' }, 'TOKEN_INVALID'],
    ['an ID token', {}, { typ: 'id_token' }, 'TOKEN_INVALID'],
    ['of nobody', { role: undefined }, {}, 'TOKEN_INVALID'],
    ['with a critical extension', {}, { header: { crit: ['x'], x: 1 } }, 'TOKEN_INVALID'],
  ])('T31: a token %s is rejected', async (_what, claims, header, reason) => {
    const { ask, sign, faults } = await setUp();
    const token = await sign(claims, header).catch(() => 'eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ.e30.AA');
    expect(await ask(token)).toEqual(rejected(reason));
    expect(faults).not.toHaveBeenCalled();
  });

  test('T31: no token without signature, and none signed with the public key as a secret', async () => {
    const { ask, state, issuer } = await setUp();
    const claims = { iss: issuer, aud: audience, sub: 'ada', role: 'ADMIN', exp: inSeconds(60) };
    const publicText = JSON.stringify(state.keys[0]?.jwk);
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'one', typ: 'at+jwt' })
      .sign(new TextEncoder().encode(publicText.padEnd(32)));
    const stranger = await createKey('one');
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
      .sign(stranger.privateKey);
    const embedded = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', jwk: stranger.jwk, typ: 'at+jwt' })
      .sign(stranger.privateKey);
    const unsigned = new UnsecuredJWT(claims).encode();
    for (const token of [confused, forged, embedded, unsigned, 'x', 'a.b.c', 'x'.repeat(20_000)]) {
      expect(await ask(token)).toEqual(rejected('TOKEN_INVALID'));
    }
  });

  test('a symmetric key among the published ones is never used', async () => {
    const { ask, state, issuer } = await setUp();
    const secret = new TextEncoder().encode('a secret that was published, alas');
    const jwk = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct', alg: 'HS256', use: 'sig' };
    state.keys.push({ ...(state.keys[0] as Key), jwk: jwk as never });
    const token = await new SignJWT({ iss: issuer, aud: audience, sub: 'ada', role: 'ADMIN', exp: inSeconds(60) })
      .setProtectedHeader({ alg: 'HS256', kid: 'oct', typ: 'at+jwt' })
      .sign(secret);
    expect(await ask(token)).toEqual(rejected('TOKEN_INVALID'));
  });

  test.each(['RS256', 'PS384', 'ES384', 'Ed25519'])(
    '%s is accepted, and only that one if it is asked for',
    async (alg) => {
      const open = await setUp();
      const strict = await setUp({ algorithms: ['ES512'] });
      for (const { state, ask, sign } of [open, strict]) {
        state.keys.push(await createKey('other', alg));
        const expected = ask === open.ask ? { kind: 'accepted' } : rejected('TOKEN_INVALID');
        expect(await ask(await sign({}, { key: state.keys[1] as Key }))).toMatchObject(expected);
      }
    },
  );

  test('a new key is looked up at once, and unknown ones at most once in the given time', async () => {
    const { ask, sign, state, timesAsked } = await setUp({ cooldownMs: 200 });
    expect(await ask(await sign())).toMatchObject({ kind: 'accepted' });
    const next = await createKey('two');
    state.keys.push(next);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await ask(await sign({}, { key: next }))).toMatchObject({ kind: 'accepted' });
    expect(timesAsked('/keys')).toBe(2);
    const unknown = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => sign({}, { key: await createKey(`unknown${i}`) })),
    );
    for (const token of unknown) expect(await ask(token)).toEqual(rejected('TOKEN_INVALID'));
    expect(timesAsked('/keys')).toBeLessThanOrEqual(4);
  });

  test('the type and the claims of other issuers can be said', async () => {
    const { ask, sign } = await setUp({
      typ: null,
      claims: ({ sub = '', exp = 0, roles }) => ({
        userId: sub as never,
        role: Array.isArray(roles) ? String(roles[0]) : 'USER',
        scopes: [],
        sessionId: null,
        expiresAt: exp,
      }),
    });
    expect(await ask(await sign({ roles: ['EDITOR'] }, { typ: 'JWT' }))).toMatchObject({ viewer: { role: 'EDITOR' } });
  });
});

describe('T36: the issuer', () => {
  test('that does not answer is a 503 and told, and is asked again when it does', async () => {
    const { ask, sign, state, faults } = await setUp({ cooldownMs: 50, timeoutMs: 300 });
    const token = await sign();
    const broken: readonly ((request: IncomingMessage, response: ServerResponse) => void)[] = [
      (_request, response) => response.writeHead(500).end(),
      (_request, response) => response.end('not JSON'),
      (_request, response) => response.writeHead(302, { location: '/keys' }).end(),
      (request) => request.socket.destroy(),
      () => undefined,
      (_request, response) => response.end(`{"keys":[],"x":"${'x'.repeat(400_000)}"}`),
    ];
    for (const path of ['/.well-known/openid-configuration', '/keys']) {
      for (const answer of broken) {
        state.answers.set(path, answer);
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expect(ask(token)).rejects.toEqual(unavailable);
      }
      state.answers.delete(path);
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (path === '/keys') expect(await ask(token)).toMatchObject({ kind: 'accepted' });
    }
    expect(faults.mock.calls.length).toBe(broken.length * 2);
  });

  test('whose metadata is that of another issuer, or names keys over http, is not believed', async () => {
    const { ask, sign, state, issuer } = await setUp({ cooldownMs: 20 });
    const token = await sign();
    for (const metadata of [
      { issuer: 'https://evil.example.com', jwks_uri: `${issuer}/keys` },
      { issuer, jwks_uri: 'http://keys.example.com/keys' },
      { issuer },
      [],
    ]) {
      state.answers.set('/.well-known/openid-configuration', (_request, response) =>
        response.end(JSON.stringify(metadata)),
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
      await expect(ask(token)).rejects.toEqual(unavailable);
    }
    expect(state.asked).not.toContain('/keys');
    state.answers.set('/.well-known/oauth-authorization-server', (_request, response) =>
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` })),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await ask(token)).toMatchObject({ kind: 'accepted' });
  });

  test.each([
    [{ issuer: 'http://auth.example.com' }, 'issuer must be an https URL'],
    [{ issuer: 'auth.example.com' }, 'issuer must be an https URL'],
    [{ issuer: 'https://a:b@auth.example.com' }, 'must not contain a password'],
    [{ jwksUri: 'http://auth.example.com/keys' }, 'jwksUri must be an https URL'],
    [{ audience: '' }, 'audience must name this API'],
    [{ audience: [] }, 'audience must name this API'],
    [{ audience: undefined }, 'audience must name this API'],
    [{ algorithms: ['HS256'] }, 'algorithms must be some of'],
    [{ algorithms: ['none'] }, 'algorithms must be some of'],
    [{ algorithms: [] }, 'algorithms must be some of'],
    [{ introspection: { clientId: '', clientSecret: 'x' } }, 'introspection needs clientId'],
    [{ introspection: { clientId: 'a', clientSecret: 'x' }, isRevoked: () => false }, 'not both'],
  ])('the options %j stop the start: %s', (wrong, message) => {
    const options = { issuer: 'https://auth.example.com', audience, ...wrong };
    expect(() => jwks(options as JwksOptions)).toThrow(message);
  });
});

describe('revocation', () => {
  test('by a function of yours: only false lets a token pass', async () => {
    let answer: () => unknown = () => false;
    const { ask, sign } = await setUp({ isRevoked: () => answer() as boolean });
    const token = await sign();
    expect(await ask(token)).toMatchObject({ kind: 'accepted' });
    answer = async () => true;
    expect(await ask(token)).toEqual(rejected('TOKEN_REVOKED'));
    for (const odd of [undefined, null, 0, 'no', Promise.resolve('')]) {
      answer = () => odd;
      expect(await ask(token)).toEqual(rejected('TOKEN_INVALID'));
    }
    answer = () => Promise.reject(new Error('down'));
    await expect(ask(token)).rejects.toEqual(unavailable);
  });

  test('by introspection: asked once in the given time, not for forged tokens, and closed when it fails', async () => {
    const introspection = { clientId: 'api', clientSecret: 'se+cret', cacheSeconds: 0.2, maxEntries: 2 };
    const { ask, sign, state, timesAsked } = await setUp({ introspection });
    const token = await sign();
    const both = await Promise.all([ask(token), ask(token), ask(token)]);
    expect(both.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(timesAsked('/introspect')).toBe(1);
    expect(await ask(`${token}x`)).toEqual(rejected('TOKEN_INVALID'));
    expect(timesAsked('/introspect')).toBe(1);
    state.active = false;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await ask(token)).toEqual(rejected('TOKEN_REVOKED'));
    for (const active of ['true', undefined, 1]) {
      state.active = active;
      await expect(ask(await sign({ jti: String(active) }))).rejects.toEqual(unavailable);
    }
    state.active = true;
    for (let i = 0; i < 5; i += 1) expect(await ask(await sign({ jti: `n${i}` }))).toMatchObject({ kind: 'accepted' });
  });
});
