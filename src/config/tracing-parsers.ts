/** How the values of OpenTelemetry's variables are read. No message ever holds the value. */
import { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import { oneOf } from './parsers.ts';

/** One of several words, in any case, as OpenTelemetry demands. */
export const keyword = <const Words extends readonly string[]>(words: Words) =>
  z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(oneOf(words));

export const collectorUrl = z.string().refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), {
  error: 'must be an http or https URL such as http://localhost:4318',
});

/** `key=value,key=value`, percent-encoded. */
export const pairs = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const parsed = parsePairs(text);
  if (parsed) return parsed;
  context.addIssue('must be a list such as name=value,other=value, percent-encoded');
  return z.NEVER;
});

const areHeaders = (all: Readonly<Record<string, string>>): boolean => {
  try {
    new Headers(all);
    return true;
  } catch {
    return false;
  }
};

export const headerPairs = pairs
  .refine(areHeaders, { error: 'has a name or value that is not valid in an HTTP header' })
  .transform((all) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, new Secret(value)])));

export const ratio = z
  .string()
  .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/, { error: 'must be a number between 0 and 1' })
  .transform(Number);

const parsePairs = (text: string): Readonly<Record<string, string>> | null => {
  const members = text.split(',').filter((member) => member.trim() !== '');
  if (!members.every((member) => /^[^=]*[^=\s][^=]*=/.test(member))) return null;
  try {
    return Object.fromEntries(members.map(decodePair));
  } catch {
    return null;
  }
};

const decodePair = (member: string): readonly [string, string] => {
  const at = member.indexOf('=');
  return [decodeURIComponent(member.slice(0, at).trim()), decodeURIComponent(member.slice(at + 1).trim())];
};
