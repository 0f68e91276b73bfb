import type { ClientInfo } from '@fieldgate/guard/core';

/** Longer ones are cut, so that no client decides how much is stored. Those of browsers have half of this. */
const longestUserAgent = 256;

/** Address and user agent as a JSON array of two texts or nulls. */
export const writeClientInfo = ({ ip, userAgent }: ClientInfo): Buffer =>
  Buffer.from(JSON.stringify([ip, userAgent?.slice(0, longestUserAgent) ?? null]));

export const readClientInfo = (stored: Buffer): ClientInfo => {
  const fields: unknown = JSON.parse(stored.toString());
  const [ip, userAgent] = Array.isArray(fields) ? fields : [];
  return { ip: textOrNull(ip), userAgent: textOrNull(userAgent) };
};

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
