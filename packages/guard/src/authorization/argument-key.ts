import type { Arguments } from './policy.ts';

/**
 * Returns a text that is equal for equal arguments, null if that cannot be told: a custom scalar may be any object. The arguments
 * themselves are not kept, because the resolver that gets them may change them.
 */
export const argumentKey = (args: Arguments): string | null => {
  for (const _name in args) return keyOf(args);
  return '';
};

const keyOf = (value: unknown): string | null => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : keyOfObject(value);
    default:
      return null;
  }
};

const keyOfObject = (value: object): string | null => {
  if (Array.isArray(value)) return join(value.map(keyOf), '[', ']');
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype && value instanceof Date) return `Date(${value.getTime()})`;
  if (prototype !== null && prototype !== Object.prototype) return null;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return join(
    entries.map(([name, each]) => {
      const key = keyOf(each);
      return key === null ? null : `${JSON.stringify(name)}:${key}`;
    }),
    '{',
    '}',
  );
};

const join = (keys: readonly (string | null)[], begin: string, end: string): string | null =>
  keys.includes(null) ? null : `${begin}${keys.join()}${end}`;
