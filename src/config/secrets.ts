import { Secret } from '../domain/secret.ts';
import type { Config } from './config.ts';

/** Returns every secret of a configuration, so that a log can mask it wherever a driver or a server repeats it. */
export const secretsOf = (config: Config): readonly string[] => [
  ...new Set([...collect(config), config.redis?.username ?? ''].flatMap(partsOf)),
];

const collect = (value: unknown): readonly string[] => {
  if (value instanceof Secret) return [value.reveal()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(collect) : [];
};

/** Of a URL, what is secret in it; its host is not, and a server names it in its errors. */
const partsOf = (secret: string): readonly string[] => {
  const url = /^[a-z][a-z+]*:\/\//.test(secret) ? URL.parse(secret) : null;
  if (url === null) return [secret, ...schemeless(secret)];
  const query = [...url.searchParams].flatMap(([name, value]) => (/pass|secret|key|token/i.test(name) ? [value] : []));
  return [url.password, decoded(url.password), ...query].filter((text) => text !== '');
};

/** `Bearer key` as a header: the key alone is as secret. */
const schemeless = (secret: string): readonly string[] => {
  const [, credential] = /^\w+ (\S+)$/.exec(secret) ?? [];
  return credential === undefined ? [] : [credential];
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
