import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import jwt from 'jsonwebtoken';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import { freePort } from '../support/process.ts';
import { adminEnv, loginAsAdmin, signup, startServer } from '../support/server.ts';

/** A server at the address of its issuer, so that others find its keys. */
const reachableServer = async (env: Record<string, string> = {}) => {
  const port = String(await freePort());
  return startServer({ PORT: port, ISSUER: `http://localhost:${port}`, ...env });
};

const startExample = async (file: string, issuer: string): Promise<string> => {
  const path = new URL(`../../examples/resource-server/${file}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env['PATH'] ?? '', ISSUER: issuer, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const [line] = await once(child.stdout, 'data');
  return String(line).trim();
};

const ask = async (url: string, authorization?: string) => {
  const response = await fetch(url, authorization === undefined ? {} : { headers: { authorization } });
  const text = await response.text();
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: text && JSON.parse(text),
  };
};

const forge = (token: string, header: object, claims: object = {}): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const decoded = jwt.decode(token, { complete: true });
  if (!decoded || typeof decoded.payload === 'string') throw new Error('not a token');
  const options = { algorithm: 'ES256', header: { ...decoded.header, ...header } } as jwt.SignOptions;
  return jwt.sign({ ...decoded.payload, ...claims }, privateKey, options);
};

describe.each(['with-jose.js', 'with-jsonwebtoken.js'])('the resource server of examples/%s', (file) => {
  test.each(['ES256', 'RS256'])(
    'the resource server accepts an access token by the published keys alone: %s',
    async (alg) => {
      const server = await reachableServer({ JWT_ALGORITHM: alg });
      const { accessToken, user } = await signup(server);
      const url = await startExample(file, server.url);
      const { status, body } = await ask(url, `Bearer ${accessToken}`);
      expect(status).toBe(200);
      expect(body.for).toEqual({ sub: user.id, clientId: 'fieldgate', role: 'USER', scope: expect.any(String) });
    },
  );

  test('the resource server accepts the token of a service', async () => {
    const server = await reachableServer(adminEnv);
    const { accessToken: token } = await loginAsAdmin(server);
    const created = await server.gql(
      'mutation { createServiceClient(input: { name: "till", scopes: ["orders:read"] }) { secret client { id } } }',
      { token },
    );
    const { secret, client } = created.data.createServiceClient;
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: secret };
    const { body } = await sendForm(server, '/token', form);
    const url = await startExample(file, server.url);
    expect((await ask(url, `Bearer ${body.access_token}`)).body.for).toEqual({
      ...{ sub: client.id, clientId: client.id, role: null, scope: 'orders:read' },
    });
  });

  test('the resource server rejects no token, another issuer, key, type or audience, and a refresh token', async () => {
    const [server, stranger] = [await reachableServer(), await reachableServer()];
    const otherAudience = await startServer(
      { ISSUER: server.url, AUDIENCE: 'https://else.example.com' },
      { dataDir: server.dataDir },
    );
    const grant = await signup(server);
    const url = await startExample(file, server.url);
    expect(await ask(url)).toMatchObject({ status: 401, challenge: 'Bearer' });
    const unsigned = `${btoa('{"alg":"none","typ":"at+jwt"}').replaceAll('=', '')}.${grant.accessToken.split('.')[1]}.`;
    const tokens = [
      (await signup(stranger)).accessToken,
      (await signup(otherAudience)).accessToken,
      forge(grant.accessToken, {}),
      forge(grant.accessToken, { kid: 'another' }),
      forge(grant.accessToken, { typ: 'JWT' }),
      unsigned,
      `${grant.accessToken.slice(0, -4)}AAAA`,
      grant.refreshToken,
    ];
    for (const token of tokens) {
      expect(await ask(url, `Bearer ${token}`), token).toMatchObject({
        status: 401,
        challenge: 'Bearer error="invalid_token"',
      });
    }
    expect((await ask(url, `Bearer ${grant.accessToken}`)).status).toBe(200);
  });
});
