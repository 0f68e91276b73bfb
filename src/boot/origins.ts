import type { Config } from '../config/config.ts';
import { loggable } from '../domain/event.ts';
import { loopbackSpellings } from '../domain/loopback.ts';
import { type Cors, createCors } from '../http/cors.ts';
import type { Log } from '../telemetry/log.ts';

export type Origins = {
  readonly cors: Cors;
  /** Whose pages may use session cookies, besides the issuer's. */
  readonly cookieOrigins: readonly string[];
};

/** Returns what the configuration allows to pages. In development the spellings of this machine are one. */
export const createOrigins = (config: Config, log: Pick<Log, 'warn'>): Origins => {
  const { environment, issuer, corsOrigins, corsHeaders: headers } = config;
  const own = new URL(issuer).origin;
  const isOne = environment !== 'production';
  const origins = isOne ? corsOrigins.flatMap(loopbackSpellings) : corsOrigins;
  const cookieOrigins = [...(isOne ? loopbackSpellings(own) : []), ...origins];
  const onRefused = createRefusedOriginLog(new Set([own, ...cookieOrigins]), log);
  return { cors: createCors({ origins, headers, onRefused }), cookieOrigins };
};

const everyMs = 60_000;
/** Anybody can send any origin: so many are logged a minute. */
const maxPerMinute = 20;

/** Returns what logs an origin whose pages were refused, once a minute, with the setting that would allow it. */
const createRefusedOriginLog = (own: ReadonlySet<string>, log: Pick<Log, 'warn'>) => {
  const logged = new Set<string>();
  let startedAt = Number.NEGATIVE_INFINITY;
  return (origin: string): void => {
    if (own.has(origin)) return;
    const now = performance.now();
    if (now - startedAt >= everyMs) {
      startedAt = now;
      logged.clear();
    }
    if (logged.has(origin) || logged.size >= maxPerMinute) return;
    logged.add(origin);
    log.warn({ event: 'origin.refused', origin: loggable(origin) }, sentenceFor(origin));
  };
};

const sentenceFor = (origin: string): string =>
  origin === 'null'
    ? 'pages of the opaque origin null (a sandboxed frame, a file) cannot read answers or use cookies, and no setting allows it'
    : 'pages of this origin cannot read answers or use cookies: if it is yours, add it to CORS_ORIGINS; if it is the address of this server, set ISSUER to it';
