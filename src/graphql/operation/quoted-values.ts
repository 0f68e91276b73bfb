/** What graphql-js quotes of a request in its messages, and what is left of it. */
const quotations: readonly (readonly [RegExp, string])[] = [
  [/(Expected value of type .*?), found: .*$/s, '$1.'],
  [/(Expected value of type .*?) Found: .*$/s, '$1'],
  [/( cannot represent [^:"]*): .*$/s, '$1.'],
  [/Value ".*" does not exist in ("\w+" enum\.)/s, 'The value does not exist in $1'],
  [/^(Syntax Error: .*?\b(?:Block)?String) ".*$/s, '$1.'],
];

/**
 * Returns a message of graphql-js without the values of the request that it quotes: a password beside a misspelt field would come back in it,
 * and end up in the error reports of front ends. Names and types stay.
 */
export const withoutQuotedValues = (message: string): string =>
  quotations.reduce((text, [pattern, rest]) => text.replace(pattern, rest), message);
