import type { AccessTokenFault, AccessTokenReport } from '../../services/token-inspection.ts';
import { quote } from '../output/escape-terminal.ts';
import { describeTime, formatDuration } from '../output/format-time.ts';
import { type Check, failed, notChecked, passed } from './check.ts';

/** What this server's configuration expects of a token. */
export type Expectations = {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly { readonly kid: string; readonly algorithm: string }[];
};

/** The checks of a token by itself, in the server's order: it stops at the first that fails. */
const tokenChecks = [
  ...(['form', 'header', 'type', 'algorithm', 'key', 'signature'] as const),
  ...(['issuer', 'audience', 'claims', 'lifetime', 'start', 'expiry'] as const),
] as const;

type TokenCheck = (typeof tokenChecks)[number];

const checkOfFault: Readonly<Record<AccessTokenFault, TokenCheck>> = {
  'oversized token': 'form',
  'malformed token': 'form',
  'unexpected header': 'header',
  'unexpected type': 'type',
  'unexpected algorithm': 'algorithm',
  'unknown key': 'key',
  'bad signature': 'signature',
  'unexpected issuer': 'issuer',
  'unexpected audience': 'audience',
  'unexpected claims': 'claims',
  'unexpected lifetime': 'lifetime',
  'not valid yet': 'start',
  expired: 'expiry',
};

/** Explains the server's verdict check by check. The server decides which check failed; this only describes it. */
export const explainAccessToken = (
  report: AccessTokenReport,
  expected: Expectations,
  now: number,
): readonly Check[] => {
  const failing = report.fault === null ? null : checkOfFault[report.fault];
  const token: InspectedToken = { ...report.decoded, fault: report.fault, expected, now };
  const own = tokenChecks.map((check, i): Check => {
    if (check === failing) return failed(check, failedDetails[check](token));
    const isPassed = failing === null || i < tokenChecks.indexOf(failing);
    return isPassed ? passed(check, passedDetails[check](token)) : notChecked(check);
  });
  return [...own, ...checkHolder(report, now)];
};

type InspectedToken = AccessTokenReport['decoded'] & {
  readonly fault: AccessTokenFault | null;
  readonly expected: Expectations;
  readonly now: number;
};

type Details = Readonly<Record<TokenCheck, (token: InspectedToken) => string>>;

const claimNames = ['sub', 'sid', 'jti', 'client_id', 'role', 'scope', 'iat', 'exp'];

const passedDetails: Details = {
  form: () => 'three parts of canonical base64url; header and payload are JSON objects',
  header: () => 'alg, kid and typ, and nothing else',
  type: ({ header }) => quote(header?.['typ']),
  algorithm: ({ header }) => quote(header?.['alg']),
  key: ({ header }) => `${quote(header?.['kid'])} is a key of this server`,
  signature: () => 'made with this key over this header and payload',
  issuer: ({ payload }) => quote(payload?.['iss']),
  audience: ({ payload }) => quote(payload?.['aud']),
  claims: ({ payload }) =>
    `${claimNames.filter((name) => payload?.[name] !== undefined).join(', ')} are present and of the right type`,
  lifetime: ({ payload }) => formatDuration((secondsOf(payload, 'exp') - secondsOf(payload, 'iat')) * 1000),
  start: ({ payload, now }) => `issued ${describeTime(secondsOf(payload, 'iat') * 1000, now)}`,
  expiry: ({ payload, now }) => `expires ${describeTime(secondsOf(payload, 'exp') * 1000, now)}`,
};

const failedDetails: Details = {
  form: ({ fault, header, payload }) => {
    if (fault === 'oversized token') return 'longer than any token of this server';
    if (header === null) return 'its first part is not a JSON object in base64url; is this a token at all?';
    if (payload === null) return 'its second part is not a JSON object in base64url; was it cut off?';
    return 'not three parts of canonical base64url; was it cut off or altered?';
  },
  header: ({ header }) => {
    const unknown = Object.keys(header ?? {}).filter((name) => !['alg', 'kid', 'typ'].includes(name));
    if (unknown.length === 0) return 'it names no key (kid)';
    return `it also has ${unknown.map(quote).join(', ')}, which no token of this server has`;
  },
  type: ({ header }) => `typ is ${quote(header?.['typ'])}; an access token has "at+jwt"`,
  algorithm: ({ header, expected }) => {
    const key = expected.keys.find(({ kid }) => kid === header?.['kid']);
    return key === undefined
      ? `alg is ${quote(header?.['alg'])}, which this server does not use`
      : `alg is ${quote(header?.['alg'])}, but its key is only for ${key.algorithm}`;
  },
  key: ({ header, expected }) =>
    `this server has no key ${quote(header?.['kid'])}, only ${expected.keys.map(({ kid }) => quote(kid)).join(', ')}; another server signed it, or a key that has been removed`,
  signature: () => 'not made with this key over this header and payload: the token was altered or forged',
  issuer: ({ payload, expected }) => `iss is ${quote(payload?.['iss'])}, but ISSUER is ${quote(expected.issuer)}`,
  audience: ({ payload, expected }) => `aud is ${quote(payload?.['aud'])}, but AUDIENCE is ${quote(expected.audience)}`,
  claims: ({ payload }) => {
    const missing = claimNames.filter((name) => payload?.[name] === undefined);
    return missing.length > 0
      ? `without ${missing.join(', ')}`
      : `one of ${[...claimNames, 'nbf'].join(', ')} is empty or of the wrong type`;
  },
  lifetime: ({ payload }) =>
    secondsOf(payload, 'exp') <= secondsOf(payload, 'iat')
      ? 'it ends before it begins'
      : `${formatDuration((secondsOf(payload, 'exp') - secondsOf(payload, 'iat')) * 1000)}, longer than this server accepts`,
  start: ({ payload, now }) => {
    const start = Math.max(secondsOf(payload, 'iat'), secondsOf(payload, 'nbf'));
    return `it becomes valid ${describeTime(start * 1000, now)}; the clocks of its issuer and this machine differ`;
  },
  expiry: ({ payload, now }) => `expired ${describeTime(secondsOf(payload, 'exp') * 1000, now)}`,
};

const secondsOf = (payload: InspectedToken['payload'], claim: string): number => {
  const value = payload?.[claim];
  return typeof value === 'number' ? value : 0;
};

/** What the stores say of the token's session and account, or of its service client. */
const checkHolder = (report: AccessTokenReport, now: number): readonly Check[] => {
  const { stored, service } = report;
  if (service !== null) return [checkClient(service, report, now)];
  if (stored === null) return [notChecked('session'), notChecked('role')];
  const { account, session } = stored;
  if (session === null) return [failed('session', whySessionEnded(stored, now)), notChecked('role')];
  return [
    passed('session', `live, expires ${describeTime(session.expiresAt, now)} unless refreshed`),
    checkRole(account, report),
  ];
};

/** Also covers the version: where only that differs, the password was changed, or the role was another one in between. */
const checkRole = (account: StoredAccount, { decoded, rejection }: AccessTokenReport): Check => {
  const role = decoded.payload?.['role'];
  if (account?.role !== role) {
    return failed('role', `stale: it says ${quote(role)}, but the account is ${account?.role ?? 'gone'} now`);
  }
  if (rejection === 'TOKEN_STALE') return failed('role', 'stale: issued before the last change of its account');
  return passed('role', quote(role));
};

type StoredAccount = NonNullable<AccessTokenReport['stored']>['account'];

const checkClient = (
  { client }: NonNullable<AccessTokenReport['service']>,
  { rejection }: AccessTokenReport,
  now: number,
): Check => {
  if (client === null) return failed('client', 'its service client does not exist (any more)');
  if (client.disabledAt !== null) {
    return failed('client', `${quote(client.name)} was disabled ${describeTime(client.disabledAt, now)}`);
  }
  if (rejection === 'TOKEN_REVOKED') return failed('client', 'the service has revoked this token');
  return passed('client', `${quote(client.name)} is enabled`);
};

/** Returns why the session of a genuine token is not live. */
export const whySessionEnded = ({ account }: NonNullable<AccessTokenReport['stored']>, now: number): string => {
  if (account === null) return 'its account does not exist (any more)';
  if (account.disabledAt !== null) return `${account.email} was disabled ${describeTime(account.disabledAt, now)}`;
  return 'ended: logged out, revoked or expired';
};
