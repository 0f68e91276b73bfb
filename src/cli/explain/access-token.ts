import type { AccessTokenFault, AccessTokenReport } from '../../services/token-inspection.ts';
import { quoted } from '../output/escape-terminal.ts';
import { describeTime, formatDuration } from '../output/format-time.ts';
import type { Check } from './check.ts';

/** What this server's configuration asks of a token. */
export type Expectations = {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly { readonly kid: string; readonly algorithm: string }[];
};

/** The checks of a token by itself, in the order in which the server makes them: it stops at the first that fails. */
const ownChecks = [
  ...(['form', 'header', 'type', 'algorithm', 'key', 'signature'] as const),
  ...(['issuer', 'audience', 'claims', 'lifetime', 'start', 'expiry'] as const),
] as const;

type OwnCheck = (typeof ownChecks)[number];

const checkThatFinds: Readonly<Record<AccessTokenFault, OwnCheck>> = {
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

/**
 * The server's verdict in words, check by check. Which check failed is the server's finding; this only says what it
 * means, with the values at hand.
 */
export const explainAccessToken = (
  report: AccessTokenReport,
  expected: Expectations,
  now: number,
): readonly Check[] => {
  const failing = report.fault === null ? null : checkThatFinds[report.fault];
  const state: Facts = { ...report.decoded, fault: report.fault, expected, now };
  const own = ownChecks.map((check, i): Check => {
    if (check === failing) return { check, outcome: 'failed', detail: whatFailed[check](state) };
    const passed = failing === null || i < ownChecks.indexOf(failing);
    return passed ? { check, outcome: 'passed', detail: whatPassed[check](state) } : notChecked(check);
  });
  return [...own, ...storedChecks(report, now)];
};

type Facts = AccessTokenReport['decoded'] & {
  readonly fault: AccessTokenFault | null;
  readonly expected: Expectations;
  readonly now: number;
};

const notChecked = (check: string): Check => ({ check, outcome: 'not checked', detail: '' });

const claimNames = ['sub', 'sid', 'jti', 'client_id', 'role', 'scope', 'iat', 'exp'];

const whatPassed: Readonly<Record<OwnCheck, (state: Facts) => string>> = {
  form: () => 'three parts of canonical base64url, header and payload JSON objects',
  header: () => 'alg, kid and typ, and nothing else',
  type: ({ header }) => quoted(header?.['typ']),
  algorithm: ({ header }) => quoted(header?.['alg']),
  key: ({ header }) => `${quoted(header?.['kid'])} is a key of this server`,
  signature: () => 'made with this key, over exactly this header and payload',
  issuer: ({ payload }) => quoted(payload?.['iss']),
  audience: ({ payload }) => quoted(payload?.['aud']),
  claims: ({ payload }) =>
    `${claimNames.filter((name) => payload?.[name] !== undefined).join(', ')} are there, each of its type`,
  lifetime: ({ payload }) => formatDuration((secondsOf(payload, 'exp') - secondsOf(payload, 'iat')) * 1000),
  start: ({ payload, now }) => `issued ${describeTime(secondsOf(payload, 'iat') * 1000, now)}`,
  expiry: ({ payload, now }) => `ends ${describeTime(secondsOf(payload, 'exp') * 1000, now)}`,
};

const whatFailed: Readonly<Record<OwnCheck, (state: Facts) => string>> = {
  form: ({ fault, header, payload }) => {
    if (fault === 'oversized token') return 'longer than any token of this server';
    if (header === null) return 'its first part is not a JSON object in base64url; is this a token at all?';
    if (payload === null) return 'its second part is not a JSON object in base64url; was it cut off?';
    return 'not three parts of canonical base64url; was it cut off or altered?';
  },
  header: ({ header }) => {
    const strangers = Object.keys(header ?? {}).filter((name) => !['alg', 'kid', 'typ'].includes(name));
    if (strangers.length === 0) return 'it names no key (kid)';
    return `it also has ${strangers.map(quoted).join(', ')}, which no token of this server has`;
  },
  type: ({ header }) => `typ is ${quoted(header?.['typ'])}, and that of an access token is "at+jwt"`,
  algorithm: ({ header, expected }) => {
    const key = expected.keys.find(({ kid }) => kid === header?.['kid']);
    return key === undefined
      ? `alg is ${quoted(header?.['alg'])}, which this server does not know`
      : `alg is ${quoted(header?.['alg'])}, and its key is for ${key.algorithm} alone`;
  },
  key: ({ header, expected }) =>
    `there is no key ${quoted(header?.['kid'])} here, only ${expected.keys.map(({ kid }) => quoted(kid)).join(', ')}; it was signed elsewhere, or with a key that has been taken away`,
  signature: () => 'not made with this key over this header and payload: the token was altered or forged',
  issuer: ({ payload, expected }) => `iss is ${quoted(payload?.['iss'])}, and ISSUER is ${quoted(expected.issuer)}`,
  audience: ({ payload, expected }) =>
    `aud is ${quoted(payload?.['aud'])}, and AUDIENCE is ${quoted(expected.audience)}`,
  claims: ({ payload }) => {
    const missing = claimNames.filter((name) => payload?.[name] === undefined);
    return missing.length > 0
      ? `without ${missing.join(', ')}`
      : `one of ${[...claimNames, 'nbf'].join(', ')} is empty or not of its type`;
  },
  lifetime: ({ payload }) =>
    secondsOf(payload, 'exp') <= secondsOf(payload, 'iat')
      ? 'it ends before it begins'
      : `${formatDuration((secondsOf(payload, 'exp') - secondsOf(payload, 'iat')) * 1000)}, longer than this server accepts`,
  start: ({ payload, now }) => {
    const start = Math.max(secondsOf(payload, 'iat'), secondsOf(payload, 'nbf'));
    return `it begins ${describeTime(start * 1000, now)}; the clock of its maker and this one differ`;
  },
  expiry: ({ payload, now }) => `ended ${describeTime(secondsOf(payload, 'exp') * 1000, now)}`,
};

const secondsOf = (payload: Facts['payload'], claim: string): number => {
  const value = payload?.[claim];
  return typeof value === 'number' ? value : 0;
};

const storedChecks = (report: AccessTokenReport, now: number): readonly Check[] => {
  const { stored, decoded: written, service } = report;
  if (service !== null) return [clientCheck(service, report, now)];
  if (stored === null) return [notChecked('session'), notChecked('role')];
  const { account, session } = stored;
  if (session === null)
    return [{ check: 'session', outcome: 'failed', detail: whyOver(stored, now) }, notChecked('role')];
  const says = written.payload?.['role'];
  const stale = account?.role !== says;
  return [
    {
      check: 'session',
      outcome: 'passed',
      detail: `live, ends ${describeTime(session.expiresAt, now)} unless refreshed`,
    },
    {
      check: 'role',
      outcome: stale ? 'failed' : 'passed',
      detail: stale
        ? `stale: it says ${quoted(says)}, and the account is ${account?.role ?? 'gone'} now`
        : quoted(says),
    },
  ];
};

const clientCheck = (
  { client }: NonNullable<AccessTokenReport['service']>,
  { rejection }: AccessTokenReport,
  now: number,
): Check => {
  const failed = (detail: string): Check => ({ check: 'client', outcome: 'failed', detail });
  if (client === null) return failed('its service client does not exist (any more)');
  if (client.disabledAt !== null)
    return failed(`${quoted(client.name)} was disabled ${describeTime(client.disabledAt, now)}`);
  if (rejection === 'TOKEN_REVOKED') return failed('the service has revoked this very token');
  return { check: 'client', outcome: 'passed', detail: `${quoted(client.name)} is on` };
};

/** Why the session behind a genuine token is not live. */
export const whyOver = ({ account }: NonNullable<AccessTokenReport['stored']>, now: number): string => {
  if (account === null) return 'its account does not exist (any more)';
  if (account.disabledAt !== null) return `${account.email} was disabled ${describeTime(account.disabledAt, now)}`;
  return 'over: logged out, revoked or expired';
};
