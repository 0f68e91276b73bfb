import { isPlainLoopback } from '../domain/loopback.ts';

/**
 * Returns whether the URL may be an entry of OAUTH_RETURN_URLS. Entries are compared with the requested URL character by
 * character, so they must be written as browsers write URLs: nothing to normalise, no pattern to match. Apps have a scheme of
 * their own with a dot in it (RFC 8252 §7.1).
 */
export const isReturnUrl = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.href !== text || text.includes('#')) return false;
  if (url.hostname.includes('*') || url.username || url.password) return false;
  return isConfidential(url) || /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(url.protocol);
};

/** What is sent there is encrypted, or does not leave this machine. */
export const isConfidential = (url: URL): boolean => url.protocol === 'https:' || isPlainLoopback(url);
