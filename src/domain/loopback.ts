/**
 * Whether the URL is plain HTTP to this machine, by name (RFC 6761 §6.3) or by address, which `URL` has normalised. Only there
 * do we allow what requires TLS everywhere else.
 */
export const isPlainLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Whether it is this machine, by any name or address in a Host header or a URL. */
export const isLoopbackHost = (host: string): boolean => {
  const url = URL.parse(`http://${host}`);
  return url !== null && isPlainLoopback(url);
};

/** Returns the origins that are this machine and port too, this one included; only itself for any other origin. */
export const loopbackSpellings = (origin: string): readonly string[] => {
  const url = URL.parse(origin);
  if (url === null || !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)) return [origin];
  const port = url.port === '' ? '' : `:${url.port}`;
  return ['localhost', '127.0.0.1', '[::1]'].map((name) => `${url.protocol}//${name}${port}`);
};
