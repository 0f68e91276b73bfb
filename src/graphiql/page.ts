/**
 * Builds the GraphiQL page in a thread of its own (see `../graphiql.ts`): the only place that loads the bundle.
 * The page is the same for everybody, so its scripts are allowed by their digests: a nonce would forbid caching it.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliCompress, constants, gzip } from 'node:zlib';
import * as bundle from '@graphql-yoga/render-graphiql/graphiql';
import { createAccount } from './account.ts';
import { startGraphiQL } from './main.ts';
import { createAccountPlugin } from './panel.ts';
import { favicon, logo, styles } from './styles.ts';

export type PageOptions = {
  /** The path that GraphQL requests go to, on the origin of the page. */
  readonly endpoint: string;
};

export type BuiltPage = {
  readonly br: Uint8Array;
  readonly gzip: Uint8Array;
  /** Changes when the page does. */
  readonly digest: string;
  readonly contentSecurityPolicy: string;
};

const welcome = `# Welcome to Fieldgate!
#
# Run me: Ctrl-Enter. Then sign in
# on the left and run me again.

query Welcome {
  hello
  viewer {
    kind
    role
    expiresAt
  }
}
`;

const aboutMe = `# Only for signed-in callers:
# who you are and where.

query AboutMe {
  me {
    id
    email
    role
    createdAt
  }
  sessions {
    id
    current
    userAgent
    expiresAt
  }
}
`;

const build = async ({ endpoint }: PageOptions): Promise<BuiltPage> => {
  const scripts = [workersScript(), bundle.js, pageScript(endpoint)].map(asInlineScript);
  const page = Buffer.from(markup(scripts));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: page.length };
  const [br, zipped] = await Promise.all([promisify(brotliCompress)(page, { params: quality }), promisify(gzip)(page)]);
  return { br, gzip: zipped, digest: sha256(page, 'hex').slice(0, 32), contentSecurityPolicy: policyFor(scripts) };
};

/** Monaco runs its language services in workers; inlined, they need no further request. */
const workersScript = (): string => `
  const workerSources = {
    editorWorkerService: ${JSON.stringify(bundle.editorWorkerService)},
    json: ${JSON.stringify(bundle.jsonWorker)},
    graphql: ${JSON.stringify(bundle.graphqlWorker)},
  };
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_moduleId, label) => URL.createObjectURL(new Blob([workerSources[label]], { type: 'text/javascript' })),
  };`;

/** The browser's part is written as functions that need nothing of their module: their source text is what is sent. */
const pageScript = (endpoint: string): string => `
  (${startGraphiQL})({
    page: window,
    graphiql: YogaGraphiQL,
    createAccount: ${createAccount},
    createAccountPlugin: ${createAccountPlugin},
    options: ${JSON.stringify({ endpoint, title: 'Fieldgate', logo, tabs: [welcome, aboutMe] })},
  });`;

/** `<!--` and `<script` change how HTML reads on; in strings and patterns, the only places they occur, `\x3C` is the same. */
const asInlineScript = (source: string): string => source.replace(/<(?=!--|\/?script)/gi, '\\x3C');

const policyFor = (scripts: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'sha256-${sha256(script, 'base64')}'`).join(' ')}`,
    // Monaco writes style elements and attributes as it goes.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const sha256 = (data: string | Buffer, encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(data).digest(encoding);

const markup = (scripts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fieldgate</title>
<link rel="icon" href="${favicon}">
<style>${bundle.css}</style>
<style>${styles}</style>
</head>
<body class="no-focus-outline">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;

parentPort?.postMessage(await build(workerData));
