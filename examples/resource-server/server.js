import { createServer } from 'node:http';

/** The URL of Fieldgate, and the audience of its tokens: the same values as its ISSUER and AUDIENCE. */
export const issuer = process.env.ISSUER ?? 'http://localhost:4000';
export const audience = process.env.AUDIENCE ?? issuer;

/**
 * A resource server in another process. It knows Fieldgate's URL and no secret.
 * `verify` resolves to the claims of an access token, or rejects.
 */
export const serve = (verify) => {
  const server = createServer(async (request, response) => {
    const [, token] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const claims = token && (await verify(token).catch(() => null));
    if (!claims) {
      const challenge = token ? 'Bearer error="invalid_token"' : 'Bearer';
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    const { sub, client_id: clientId, role = null, scope } = claims;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ orders: [], for: { sub, clientId, role, scope } }));
  });
  server.listen(Number(process.env.PORT ?? 4001), '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
  });
};
