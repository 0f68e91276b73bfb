import type { ClientInfo } from '@fieldgate/guard/core';

/** With it, all that is kept of a session fits the 256 bytes that the allocator gives it. */
const mostBytes = 52;
const separator = '\0';

/**
 * What browsers all say, each written as one control character, which no header has: the place in the list plus one.
 * A stored format: lines are added at the end, never changed. (31 at most.)
 */
const phrases: readonly string[] = [
  'Mozilla/5.0 (',
  'Windows NT 10.0; Win64; x64',
  'Macintosh; Intel Mac OS X ',
  'X11; Linux x86_64',
  'X11; Ubuntu; Linux x86_64',
  'Linux; Android ',
  'iPhone; CPU iPhone OS ',
  'iPad; CPU OS ',
  ' like Mac OS X',
  ') AppleWebKit/537.36 (KHTML, like Gecko) Chrome/',
  ') AppleWebKit/605.1.15 (KHTML, like Gecko) Version/',
  ') AppleWebKit/',
  ' (KHTML, like Gecko) ',
  ' Safari/537.36',
  ' Mobile Safari/537.36',
  ' Safari/605.1.15',
  ' Safari/604.1',
  ' Mobile/15E148',
  ') Gecko/20100101 Firefox/',
  '; rv:',
  '.0.0.0',
  ' Edg/',
  ' OPR/',
  ' SamsungBrowser/',
  'compatible; ',
];
const longestFirst = [...phrases].sort((one, other) => other.length - one.length);
const codeOf = (phrase: string): string => String.fromCharCode(phrases.indexOf(phrase) + 1);
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\x00-\x1f]/g;

/** Address and user agent in one short text. What does not fit is cut off at the end of the user agent. */
export const writeOrigin = ({ ip, userAgent }: ClientInfo): Buffer => {
  const plain = (userAgent ?? '').replace(controls, ' ');
  const squeezed = longestFirst.reduce((text, phrase) => text.replaceAll(phrase, codeOf(phrase)), plain);
  return cut(`${(ip ?? '').replace(controls, ' ')}${separator}${squeezed}`);
};

export const readOrigin = (bytes: Buffer): ClientInfo => {
  const [ip = '', squeezed = ''] = bytes.toString().split(separator);
  const userAgent = squeezed.replace(controls, (code) => phrases[code.charCodeAt(0) - 1] ?? '');
  return { ip: ip === '' ? null : ip, userAgent: userAgent === '' ? null : userAgent };
};

/** As much of the text as fits, in whole characters. */
const cut = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return bytes;
  let end = mostBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
};
