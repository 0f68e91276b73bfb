/**
 * Writes the GraphiQL page to dist/graphiql, as `npm run build` does: page.html.br, page.html.gz, and page.json with its
 * digest and Content-Security-Policy. Does nothing if the page was built from the same sources before.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const sources = new URL('.', import.meta.url);
const target = new URL('../../dist/graphiql/', import.meta.url);
const manifest = new URL('page.json', target);

const sha256 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Everything that the page is made from: the files of this folder and the version of GraphiQL's bundle. */
const digestOfSources = (): string => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const bundle = createRequire(import.meta.url).resolve('@graphql-yoga/render-graphiql');
  return sha256(
    ...files.toSorted().map((name) => readFileSync(new URL(name, sources))),
    readFileSync(new URL('../package.json', `file://${bundle}`)),
  );
};

const isBuilt = (digest: string): boolean =>
  existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).sources === digest;

const build = async (sourcesDigest: string): Promise<void> => {
  const { renderPage } = await import('./page.ts');
  const { html, contentSecurityPolicy } = renderPage();
  const page = Buffer.from(html);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: page.length };
  mkdirSync(target, { recursive: true });
  writeFileSync(new URL('page.html.br', target), brotliCompressSync(page, { params }));
  writeFileSync(new URL('page.html.gz', target), gzipSync(page, { level: 9 }));
  // Last, because it says that the others are complete.
  const digest = sha256(page).slice(0, 32);
  writeFileSync(manifest, JSON.stringify({ digest, contentSecurityPolicy, sources: sourcesDigest }));
};

const digest = digestOfSources();
if (!isBuilt(digest)) await build(digest);
