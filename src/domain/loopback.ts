/**
 * Whether the URL leads to this very machine without TLS: by name (RFC 6761 §6.3) or by address, of which the parser has made
 * one spelling. What asks for TLS everywhere else may do without it there.
 */
export const isPlainLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
