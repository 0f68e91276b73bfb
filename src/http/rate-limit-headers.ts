import type { RateLimitStatus } from '../domain/rate-limit.ts';

/**
 * Where the caller stands with what was counted for this request: what there is (`q` per `w` seconds) and what is left of it
 * (`r` for `t` seconds), as draft-ietf-httpapi-ratelimit-headers-10 has it.
 */
export const rateLimitHeaders = (rateLimits: readonly RateLimitStatus[]): Readonly<Record<string, string>> =>
  rateLimits.length === 0
    ? {}
    : { ratelimit: rateLimits.map(left).join(', '), 'ratelimit-policy': rateLimits.map(policy).join(', ') };

const policy = ({ name, points, windowMs }: RateLimitStatus): string => `"${name}";q=${points};w=${windowMs / 1000}`;

const left = ({ name, points, consumed, resetsInMs }: RateLimitStatus): string =>
  `"${name}";r=${Math.max(0, points - consumed)};t=${Math.ceil(resetsInMs / 1000)}`;
