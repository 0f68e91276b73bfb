import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import jwt from 'jsonwebtoken';
import { caller, password } from './data.ts';
import { post } from './load.ts';
import { type Running, startServer } from './processes.ts';

/** A checkout of Fieldgate that was built. */
export type Ours = {
  readonly root: string;
  /** Whether this version has a configuration variable. */
  readonly supports: (variable: string) => boolean;
};

/** Rejects if the checkout has not been built. */
export const loadOurs = async (root: string): Promise<Ours> => {
  // Where the configuration is, in this version and in older ones.
  const config = ['dist/config/config.js', 'dist/config.js'].map((file) => join(root, file)).find(existsSync);
  if (config === undefined) throw new Error(`${root} has not been built: run npm run build there.`);
  const { variableNames }: { readonly variableNames: readonly string[] } = await import(pathToFileURL(config).href);
  return { root, supports: (variable) => variableNames.includes(variable) };
};

export type OursLaunch = {
  readonly name: string;
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
};

/** The server as it is deployed: `node dist/main.js` in production, with an ES256 key of its own, on its embedded database. */
export const startOurs = ({ root }: Ours, { name, dataDir, env = {}, nodeFlags = [] }: OursLaunch): Promise<Running> =>
  startServer({
    name,
    args: [...nodeFlags, join(root, 'dist/main.js')],
    env: { ...oursEnv(dataDir), ...env },
  });

/** The configuration of a server that keeps its data in this folder. Writes its signing key there. */
export const oursEnv = (dataDir: string): Readonly<Record<string, string>> => {
  const keyFile = join(dataDir, 'keys.json');
  if (!existsSync(keyFile)) writeFileSync(keyFile, newKeySet(), { mode: 0o600 });
  // The longest lifetime allowed, so that no token expires during a run; and limits that are counted and never reached.
  return { HOST: '127.0.0.1', DATA_DIR: dataDir, JWT_KEYS: keyFile, ACCESS_TOKEN_TTL: '1d', ...limits };
};

const plenty = '1000000000/1h';
const limits = {
  RATE_LIMIT: plenty,
  RATE_LIMIT_LOGIN: plenty,
  RATE_LIMIT_SIGNUP: plenty,
  RATE_LIMIT_REFRESH: plenty,
};

const newKeySet = (): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' };
  return JSON.stringify({ keys: [key] });
};

/** The same access token for other sessions, signed with the key of the server in this folder. */
export const signFor = (
  dataDir: string,
  accessToken: string,
  sessions: readonly { readonly id: string; readonly userId: string }[],
): readonly string[] => {
  const [key] = JSON.parse(readFileSync(join(dataDir, 'keys.json'), 'utf8')).keys;
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  const { header, payload } = jwt.decode(accessToken, { complete: true }) ?? {};
  if (header === undefined || typeof payload !== 'object') throw new Error('Not an access token.');
  return sessions.map(({ id, userId }) =>
    jwt.sign({ ...payload, sub: userId, sid: id, jti: `${id}.1` }, privateKey, { algorithm: 'ES256', header }),
  );
};

/** By default the issuer contains the port, which differs after a second start. */
export const identity = { ISSUER: 'http://localhost', AUDIENCE: 'http://localhost' };

export const newDirectory = (under: string): string => mkdtempSync(join(under, 'data-'));

export type SignedIn = { readonly id: string; readonly accessToken: string; readonly refreshToken: string };

const selection = '{ accessToken refreshToken user { id } }';
export const signupMutation = `mutation ($input: SignupInput!) { signup(input: $input) ${selection} }`;
const loginMutation = `mutation ($input: LoginInput!) { login(input: $input) ${selection} }`;

/** A new account by `signup`. */
export const signUp = async (server: Running, email = caller.email): Promise<SignedIn> =>
  readSignedIn(server, signupMutation, { input: { email, password, name: caller.name } });

/** Another session of it by `login`. */
export const logIn = async (server: Running, email = caller.email): Promise<SignedIn> =>
  readSignedIn(server, loginMutation, { input: { email, password } });

const readSignedIn = async (server: Running, query: string, variables: unknown): Promise<SignedIn> => {
  const { status, body } = await post(server.port, { query, variables });
  const { data } = JSON.parse(body.toString());
  const payload = data?.signup ?? data?.login;
  if (!payload) throw new Error(`${server.name} answers without a session: ${status} ${body.toString().slice(0, 300)}`);
  return { id: payload.user.id, accessToken: payload.accessToken, refreshToken: payload.refreshToken };
};

export const loginBody = (email: string) => ({ query: loginMutation, variables: { input: { email, password } } });

export const refreshBody = (refreshToken: string) => ({
  query: 'mutation ($input: RefreshInput!) { refresh(input: $input) { accessToken refreshToken } }',
  variables: { input: { refreshToken } },
});
