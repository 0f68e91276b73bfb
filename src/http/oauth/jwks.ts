import { createHash } from 'node:crypto';
import { isCurrent } from '../entity-tag.ts';
import type { Route } from '../route.ts';

/**
 * `GET /.well-known/jwks.json` (RFC 7517): the public keys that others verify access tokens with. They may cache them for
 * `maxAgeSeconds`, which is less than the time for which a new key is published before it signs.
 */
export const createJwksEndpoint =
  (read: () => { readonly keys: readonly object[] }, maxAgeSeconds: number): Route =>
  (request) => {
    const body = JSON.stringify(read());
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const headers = { etag, 'cache-control': `public, max-age=${maxAgeSeconds}`, vary: 'Origin' };
    if (isCurrent(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    return new Response(body, { headers: { ...headers, 'content-type': 'application/json; charset=utf-8' } });
  };
