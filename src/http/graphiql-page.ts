import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { gunzip } from 'node:zlib';
import type { BuiltPage, PageOptions } from '../graphiql/page.ts';
import { isCurrent } from './entity-tag.ts';
import type { Route } from './router.ts';

/**
 * The GraphiQL page with its Account panel: one document that asks no other server for anything.
 * None of it is loaded before somebody asks for it; from then on only its compressed forms (4 MB) are kept.
 */
export const createGraphiQLPage = (options: PageOptions): Route => {
  let built: Promise<BuiltPage> | null = null;
  const page = (): Promise<BuiltPage> => {
    built ??= build(options).catch((error: unknown) => {
      built = null;
      throw error;
    });
    return built;
  };
  return async (request) => answer(request, await page());
};

/** A module once imported stays for good, and the bundle is 9 MB of it: a thread of its own takes it along when it ends. */
const build = (options: PageOptions): Promise<BuiltPage> => {
  const file = import.meta.url.endsWith('.ts') ? '../graphiql/page.ts' : '../graphiql/page.js';
  return new Promise((resolve, reject) => {
    new Worker(new URL(file, import.meta.url), { workerData: options, env: {}, execArgv: [] })
      .once('message', resolve)
      .once('error', reject)
      .once('exit', () => reject(new Error('The GraphiQL page was not built.')));
  });
};

const answer = async (request: Request, page: BuiltPage): Promise<Response> => {
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

/** The smallest form the client takes (RFC 9110 §12.5.3); null where it takes the page only as it is. */
const codingFor = (acceptEncoding: string): 'br' | 'gzip' | null => {
  const weights = new Map<string, boolean>();
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    weights.set(name, !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter)));
  }
  const takes = (coding: string): boolean => weights.get(coding) ?? weights.get('*') ?? false;
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : null;
};
