import { isLoopbackHost, isPlainLoopback } from '../domain/loopback.ts';
import { durationMs } from './parsers.ts';
import type { Variables } from './variables.ts';

/** Returns the problems of variables that contradict each other. Reads the raw texts, so that they are reported beside other problems. */
export const findConflicts = (env: Variables): readonly string[] => {
  const problems: string[] = [];
  const symmetric = (env['JWT_ALGORITHM'] ?? 'ES256').startsWith('HS');
  if (env['JWT_SECRET'] && env['JWT_KEYS']) problems.push('JWT_SECRET and JWT_KEYS are both set; set one.');
  if (env['JWT_SECRET'] && !symmetric) problems.push('JWT_SECRET is only for JWT_ALGORITHM HS256, HS384 or HS512.');
  if (symmetric && !env['JWT_SECRET'] && !env['JWT_KEYS'])
    problems.push('JWT_SECRET is missing; HS algorithms need one.');
  const rotationMs = durationMs(env['KEY_ROTATION'] ?? 'off');
  if (rotationMs !== null && symmetric) {
    problems.push('KEY_ROTATION needs key pairs; change a shared secret by hand, on every instance at once.');
  }
  if (rotationMs !== null && rotationMs * 10 < (durationMs(env['ACCESS_TOKEN_TTL'] ?? '15m') ?? 0)) {
    problems.push('KEY_ROTATION is less than a tenth of ACCESS_TOKEN_TTL; too many keys would have to be published.');
  }
  if (env['NODE_ENV'] === 'production' && !env['JWT_SECRET'] && !env['JWT_KEYS']) {
    problems.push('JWT_KEYS is missing; production generates no keys. Create a key file with: fieldgate key generate');
  }
  if (env['REVOCATION_CHECK'] === 'feed' && !env['REDIS_URL']) {
    problems.push('REVOCATION_CHECK=feed needs sessions in Redis; set REDIS_URL, or use strict.');
  }
  if (env['METRICS_PORT'] && env['METRICS_PORT'] !== '0' && env['METRICS_PORT'] === (env['PORT'] ?? '4000')) {
    problems.push('METRICS_PORT is the same as PORT; set a different port.');
  }
  if (Boolean(env['TLS_CERT']) !== Boolean(env['TLS_KEY'])) {
    problems.push('TLS_CERT and TLS_KEY go together; set both or neither.');
  }
  if (Boolean(env['ADMIN_EMAIL']) !== Boolean(env['ADMIN_PASSWORD'])) {
    problems.push('ADMIN_EMAIL and ADMIN_PASSWORD go together; set both or neither.');
  }
  if (isProduction(env) && env['SESSION_COOKIES'] !== 'off' && isOpenHttp(env['ISSUER'])) {
    problems.push(
      'ISSUER is http in production, where browsers drop our Secure cookies. Set it to the https address that clients use, or SESSION_COOKIES to off.',
    );
  }
  return problems;
};

/** Returns sentences about what is allowed and probably not meant. */
export const findDoubts = (env: Variables): readonly string[] => {
  const doubts: string[] = [];
  const isPublic = !isLoopbackHost(env['HOST'] ?? 'localhost');
  if (isProduction(env) && isPublic && !env['ISSUER']) {
    doubts.push(
      'ISSUER is not set: tokens and metadata name http://localhost, and pages of the public address cannot use cookies. Set it to the https address that clients use; changing it later invalidates every access token once.',
    );
  }
  if (!isProduction(env) && env['SESSION_COOKIES'] !== 'off' && isOpenHttp(env['ISSUER'])) {
    doubts.push(
      'ISSUER is http on another host than localhost, where browsers drop our Secure cookies: a sign-in by cookie succeeds and is not kept. Serve HTTPS (TLS_CERT, TLS_KEY), or set SESSION_COOKIES to off.',
    );
  }
  return doubts;
};

const isProduction = (env: Variables): boolean => env['NODE_ENV'] === 'production';

/** Whether it is plain HTTP to another machine. */
const isOpenHttp = (issuer: string | undefined): boolean => {
  const url = issuer === undefined ? null : URL.parse(issuer);
  return url !== null && url.protocol === 'http:' && !isPlainLoopback(url);
};
