import type { TokenReport } from '../../services/token-inspection.ts';
import { explainAccessToken } from '../explain/access-token.ts';
import { explainApiKey } from '../explain/api-key.ts';
import type { Check } from '../explain/check.ts';
import { explainRefreshToken } from '../explain/refresh-token.ts';
import { printable } from '../output/escape-terminal.ts';
import { formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { readPiped } from '../prompt.ts';
import { type Workplace, withServices } from '../services.ts';
import { type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

/** Why a token is or is not accepted now. The exit code says which. Nothing is spent or changed by asking. */
export const explainToken = async (
  shell: Shell,
  given: string,
  { json }: { readonly json?: boolean },
): Promise<ExitCode> => {
  const text = (given === '-' ? await readPiped(shell) : given).trim();
  const token = text.replace(/^(?:(?:authorization:\s*)?bearer\s+|x-api-key:\s*)/i, '');
  if (token === '') throw new UsageError('There is no token.');
  return withServices(shell, { database: 'existing', keys: true }, async (place) => {
    const report = await place.tokens.inspect(token);
    const checks = await explain(report, place, shell.clock());
    const verdict = verdictOf(report);
    if (json) printJson(shell, toJson(report, verdict, checks));
    else printReport(shell, report, verdict, checks);
    return verdict.accepted ? 0 : 1;
  });
};

const explain = async (report: TokenReport, { config, keyRing }: Workplace, now: number): Promise<readonly Check[]> => {
  if (report.kind === 'refresh') return explainRefreshToken(report, config.sessions, now);
  if (report.kind === 'api-key') return explainApiKey(report, now);
  const keys = [...keyRing.keys().verification.values()].map(({ kid, alg }) => ({ kid, algorithm: alg }));
  return explainAccessToken(report, { issuer: config.issuer, audience: config.audience, keys }, now);
};

type Verdict = { readonly accepted: boolean; readonly reason: string | null };

const verdictOf = (report: TokenReport): Verdict => {
  if (report.kind !== 'refresh') return { accepted: report.rejection === null, reason: report.rejection };
  const accepted = report.state === 'current' || report.state === 'replayable';
  return { accepted, reason: accepted ? null : 'REFRESH_TOKEN_INVALID' };
};

const kinds = { access: 'access token', refresh: 'refresh token', 'api-key': 'API key' } as const;

const marks = { passed: 'ok', failed: 'NO', 'not checked': '-' } as const;

const printReport = (
  shell: Shell,
  report: TokenReport,
  { accepted, reason }: Verdict,
  checks: readonly Check[],
): void => {
  const kind = `This ${kinds[report.kind]}`;
  print(shell, accepted ? `${kind} is accepted now.\n` : `${kind} is not accepted now (${reason}).\n`);
  printTable(
    shell,
    ['CHECK', '', 'WHAT WAS FOUND'],
    checks.map(({ check, outcome, detail }) => [check, marks[outcome], detail]),
  );
  const { account, key, client } = holderOf(report);
  const sessionId = sessionOf(report);
  if (client) print(shell, `\nClient   ${printable(client.name)}, ${client.id}`);
  if (account) print(shell, `\nAccount  ${printable(account.email)}, ${account.role}, ${account.id}`);
  if (key) print(shell, `Key      ${printable(key.name)}, ${key.id}`);
  if (sessionId) print(shell, `Session  ${printable(sessionId)}`);
  if (!accepted) print(shell, `\nWhat to do: ${advice(report, reason)}`);
};

const holderOf = (report: TokenReport) => {
  if (report.kind === 'api-key') {
    return { account: report.holder?.account ?? null, key: report.holder?.key ?? null, client: null, session: null };
  }
  const { account = null, session = null } = report.stored ?? {};
  return { account, session, key: null, client: (report.kind === 'access' && report.service?.client) || null };
};

const sessionOf = (report: TokenReport): string | null => {
  if (report.kind === 'refresh') return report.named?.sessionId ?? null;
  const sid = report.kind === 'access' && report.stored ? report.decoded.payload?.['sid'] : null;
  return typeof sid === 'string' ? sid : null;
};

const advice = (report: TokenReport, reason: string | null): string => {
  if (report.kind === 'api-key') return 'its owner makes another key.';
  if (report.kind === 'access' && report.service) {
    return 'the service asks for a new token; a client that is switched off gets none.';
  }
  if (reason === 'TOKEN_EXPIRED' || reason === 'TOKEN_STALE') {
    return report.stored?.session ? 'the client refreshes.' : 'the client signs in again: its session is over too.';
  }
  if (reason === 'TOKEN_INVALID') {
    return 'see the check that says NO; if the token should be one of this server, compare the configurations (keys, ISSUER, AUDIENCE).';
  }
  return 'the client signs in again.';
};

const toJson = (report: TokenReport, { accepted, reason }: Verdict, checks: readonly Check[]) => {
  const { account, session, key, client } = holderOf(report);
  return {
    type: report.kind,
    accepted,
    reason,
    checks,
    ...(report.kind === 'access' ? { header: report.decoded.header, claims: report.decoded.payload } : {}),
    account: account && {
      id: account.id,
      email: account.email,
      role: account.role,
      disabledAt: account.disabledAt === null ? null : formatTime(account.disabledAt),
    },
    session: session && { id: session.id, expiresAt: formatTime(session.expiresAt) },
    apiKey: key && {
      id: key.id,
      name: key.name,
      scopes: key.scopes,
      expiresAt: formatTime(key.expiresAt),
      revokedAt: key.revokedAt === null ? null : formatTime(key.revokedAt),
    },
    client: client && {
      id: client.id,
      name: client.name,
      disabledAt: client.disabledAt === null ? null : formatTime(client.disabledAt),
    },
  };
};
