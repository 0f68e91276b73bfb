/** What others call the parameters they take credentials from; compared without case, dashes and underscores. */
const names: ReadonlySet<string> = new Set(['apikey', 'xapikey', 'accesstoken', 'refreshtoken', 'authorization']);

/** An API key or a refresh token of ours, or enough of one to be worth hiding. */
const credential = /\bfgr?(?:_|%5f)[\w%-]{16,}/gi;

/**
 * Whether a credential was sent in the URL: by the name of a parameter, or because it is one of ours (RFC 9700 §2.2.2). `search`
 * is what follows the question mark.
 */
export const hasCredential = (path: string, search: string): boolean =>
  holdsCredential(path) ||
  (search !== '' &&
    [...new URLSearchParams(search)].some(
      ([name, value]) => names.has(name.toLowerCase().replace(/[-_]/g, '')) || holdsCredential(value),
    ));

const holdsCredential = (text: string): boolean => text.search(credential) >= 0;

/** The text without the credentials of ours that are in it. */
export const maskCredentials = (text: string): string => text.replace(credential, 'fg_[masked]');
