/**
 * Whether the URL is plain HTTP to this machine, by name (RFC 6761 §6.3) or by address, which `URL` has normalised. Only there
 * do we allow what requires TLS everywhere else.
 */
export const isPlainLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
