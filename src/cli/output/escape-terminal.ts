/**
 * Makes text that others wrote (names, user agents, tokens) safe to show on a terminal: characters that would move the cursor,
 * change colours, break the line or turn the reading direction are replaced by their code points.
 */
export const escapeTerminal = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );

const maxLength = 120;

/** Returns a value out of a token as JSON, cut to a length that fits a sentence. */
export const quote = (value: unknown): string => {
  const text = escapeTerminal(JSON.stringify(value) ?? 'nothing');
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
};
