import { periodLength } from '../domain/repetition.ts';

/** How placeholders in examples, tutorials and generators begin; compared without case and punctuation. */
const placeholderStarts = [
  'your128bit',
  'your256bit',
  'your384bit',
  'your512bit',
  'yoursecret',
  'yoursupersecret',
  'yourjwtsecret',
  'yourverysecret',
  'yourownsecret',
  'yourprivatekey',
  'astringsecretatleast',
  'avalidstringsecretthatis',
  'changeme',
  'changethis',
  'pleasechange',
  'replaceme',
  'replacethis',
  'replacewith',
  'thisisasecret',
  'thisismysecret',
  'thisshouldbe',
  'supersecret',
  'topsecret',
  'verysecret',
  'mysecret',
  'mysupersecret',
  'myjwtsecret',
  'jwtsecret',
  'secretkey',
  'somesecret',
  'insertsecret',
  'defaultsecret',
  'examplesecret',
  'placeholder',
  'developmentsecret',
  'devsecret',
  'testsecret',
  'notasecret',
  'secretsecret',
];

/** Removes case and punctuation, so that `CHANGE_ME`, `change-me` and `changeme` are equal. */
const bare = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Published secrets: the keys of RFC 7515 A.1 and RFC 7520 §3.5, and words. */
const placeholders = new Set(
  [
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
    ...[
      'secret',
      'shhhhh',
      'password',
      'passphrase',
      'changeit',
      'admin',
      'test',
      'example',
      'qwerty',
      'letmein',
      'key',
      'jwt',
    ],
  ].map(bare),
);

/**
 * Whether a shared secret can be guessed: a placeholder known from documentation (also as the bytes its text decodes to), or a
 * short part repeated. It cannot know every weak secret; the length is checked separately.
 */
export const isPlaceholderSecret = (secret: Buffer): boolean => {
  if (periodLength(secret) <= secret.length / 2) return true;
  return [secret.toString('latin1'), secret.toString('base64url')].some((text) => {
    const plain = bare(text);
    return placeholders.has(plain) || placeholderStarts.some((start) => plain.startsWith(start));
  });
};
