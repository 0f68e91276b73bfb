import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isCurrent } from './entity-tag.ts';
import type { Route } from './route.ts';

/** What `npm run build` has written to dist/graphiql. The path is the same from src/http and from dist/http. */
const folder = new URL('../../dist/graphiql/', import.meta.url);

type Page = {
  readonly br: Uint8Array;
  readonly gzip: Uint8Array;
  /** Changes when the page does. */
  readonly digest: string;
  readonly contentSecurityPolicy: string;
};

/**
 * Returns the route of the GraphiQL page with its Account panel: one document that loads nothing from other servers. It is
 * read on the first request, and its compressed forms (4 MB) are kept from then on.
 */
export const createGraphiQLPage = (): Route => {
  let page: Page | null = null;
  return async (request) => {
    page ??= await readPage();
    return page ? respond(request, page) : notBuilt();
  };
};

/** Null if the page has not been built: sources of a clone can be run without a build. */
const readPage = async (): Promise<Page | null> => {
  const read = (name: string) => readFile(new URL(name, folder));
  try {
    const [br, gzip, manifest] = await Promise.all([read('page.html.br'), read('page.html.gz'), read('page.json')]);
    return { br, gzip, ...parseManifest(JSON.parse(String(manifest))) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const parseManifest = (manifest: Record<string, unknown>): Pick<Page, 'digest' | 'contentSecurityPolicy'> => {
  const { digest, contentSecurityPolicy } = manifest;
  if (typeof digest !== 'string' || typeof contentSecurityPolicy !== 'string') {
    throw new TypeError('dist/graphiql/page.json is not what "npm run build" writes.');
  }
  return { digest, contentSecurityPolicy };
};

const notBuilt = (): Response =>
  new Response('GraphiQL is not built. Run "npm run build", then reload this page.\n', {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });

const respond = async (request: Request, page: Page): Promise<Response> => {
  const coding = codingFor(request.headers.get('accept-encoding') ?? '');
  const etag = `"${page.digest}-${coding ?? 'identity'}"`;
  const headers = {
    etag,
    'cache-control': 'no-cache',
    vary: 'Accept, Accept-Encoding, Origin',
    'content-security-policy': page.contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
  };
  if (isCurrent(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const body = coding ? page[coding] : await promisify(gunzip)(page.gzip);
  return new Response(new Uint8Array(body), {
    headers: {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      ...(coding ? { 'content-encoding': coding } : {}),
    },
  });
};

/** Returns the smallest coding that the client accepts (RFC 9110 §12.5.3), null if it accepts none. */
const codingFor = (acceptEncoding: string): 'br' | 'gzip' | null => {
  const weights = new Map<string, boolean>();
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    weights.set(name, !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter)));
  }
  const accepts = (coding: string): boolean => weights.get(coding) ?? weights.get('*') ?? false;
  if (accepts('br')) return 'br';
  return accepts('gzip') ? 'gzip' : null;
};
