/**
 * Text that others wrote (names, user agents, tokens), safe to show on a terminal: what would move the cursor, change
 * colours, break the line or turn the reading direction stands there as its code point.
 */
export const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );

const longest = 120;

/** A value out of a token, as JSON, at a length that fits a sentence. */
export const quoted = (value: unknown): string => {
  const text = printable(JSON.stringify(value) ?? 'nothing');
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};
