/** How the values of single variables are read. No message ever holds the value. */
import { z } from 'zod';
import type { Rate } from '../domain/rate-limit.ts';
import { Secret } from '../domain/secret.ts';
import type { RedisTarget } from '../domain/settings/redis-target.ts';
import { parseRedisUrl } from './redis-url.ts';
import { isReturnUrl } from './return-urls.ts';
import { areTrustedProxies } from './trusted-proxies.ts';

export const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** An example of a value, and what the variable does: a phrase of Markdown, with links as seen from `docs/`. */
export const about = (example: string, description: string) => ({ example, description });

/** `90s` `15m` `1h` `30d` as milliseconds; the bounds are written the same way. */
export const duration = (least: string, most: string) =>
  z
    .string()
    .transform((text, context) => {
      const ms = durationMs(text);
      if (ms === null) context.addIssue('is not a duration; write it like 90s, 15m, 1h or 30d');
      return ms ?? Number.NaN;
    })
    .refine((ms) => Number.isNaN(ms) || (ms >= (durationMs(least) ?? 0) && ms <= (durationMs(most) ?? 0)), {
      error: `must be between ${least} and ${most}`,
    });

/** The same, or `off`: null. */
export const durationOrOff = (least: string, most: string) =>
  z.string().transform((text, context) => {
    if (text === 'off') return null;
    const parsed = duration(least, most).safeParse(text);
    for (const { message } of parsed.error?.issues ?? []) context.addIssue(`${message}, or off`);
    return parsed.data ?? null;
  });

/** Returns null for text that is not a duration. */
export const durationMs = (text: string): number | null => {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = match?.[2];
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(match?.[1]) * unitMs[unit] : null;
};

/** `1000/1h`; null for `off`. */
export const rate = z.string().transform((text, context): Rate | null => {
  if (text === 'off') return null;
  const [, points, window = ''] = /^([1-9]\d{0,9})\/(.+)$/.exec(text) ?? [];
  const windowMs = durationMs(window);
  if (points !== undefined && windowMs !== null && windowMs >= unitMs.s && windowMs <= unitMs.d) {
    return { points: Number(points), windowMs };
  }
  context.addIssue('is not a rate; write it like 1000/1h, with a window between 1s and 1d, or off');
  return null;
});

export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const onOff = oneOf(['on', 'off']).transform((word) => word === 'on');

export const secret = z.string().transform((text) => new Secret(text));

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `must be a whole number between ${least} and ${most}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be between ${least} and ${most}` });

/** An http(s) URL without query, fragment, user or trailing slash (RFC 8414 §2). */
export const issuerUrl = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return (
      url !== null && isHttp(url) && text === text.replace(/\/+$/, '') && !url.search && !url.hash && !url.username
    );
  },
  { error: 'must be an http or https URL without a query, a fragment or a trailing slash' },
);

const list = z.string().transform((text) => text.split(',').map((item) => item.trim()));

export const originList = list.refine(
  (items) => items.every((item) => URL.canParse(item) && isHttp(new URL(item)) && new URL(item).origin === item),
  { error: 'must be a comma-separated list of exact origins such as https://app.example.com' },
);

/** Names of request headers (RFC 9110 §5.1). */
export const headerList = list.refine(
  (items) => items.every((item) => /^[!#$%&'*+.^`|~\w-]*[A-Za-z][!#$%&'*+.^`|~\w-]*$/.test(item)),
  {
    error: 'must be a comma-separated list of header names such as X-App-Version; no wildcard',
  },
);

export const proxyList = list.refine(areTrustedProxies, {
  error:
    'must be a comma-separated list of addresses, ranges such as 10.0.0.0/8, loopback, linklocal or uniquelocal; it cannot include every address',
});

export const returnUrlList = list.refine((items) => items.every(isReturnUrl), {
  error:
    'must be a comma-separated list of URLs as browsers write them (https, or http on localhost; a slash after the host; no fragment)',
});

const isHttp = (url: URL): boolean => url.protocol === 'https:' || url.protocol === 'http:';

export const postgresUrl = z
  .string()
  .refine((text) => ['postgres:', 'postgresql:'].includes(URL.parse(text)?.protocol ?? ''), {
    error: 'must be postgres://user:password@host:5432/database; percent-encode reserved characters',
  })
  .transform((text) => new Secret(text));

export const redisUrl = z.string().transform((text, context): RedisTarget | null => {
  const target = parseRedisUrl(text);
  if (target.kind !== 'invalid') return target;
  context.addIssue(target.problem);
  return null;
});
