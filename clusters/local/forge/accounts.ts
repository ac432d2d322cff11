import type { IncomingMessage } from 'node:http';

/** GitLab's numbers for its roles. https://docs.gitlab.com/api/access_requests/#valid-access-levels */
export const levels = { guest: 10, reporter: 20, developer: 30, maintainer: 40 } as const;
export type Role = keyof typeof levels;

/** Who calls. */
export interface Account {
  readonly id: number;
  readonly username: string;
  readonly level: number;
}

export interface AccountSettings {
  readonly name: string;
  readonly role: Role;
  /** What its token is shown with; the forge does not hold it to them. @default ['api'] */
  readonly scopes?: readonly string[] | undefined;
  /** `2027-01-31`. @default the token never ends */
  readonly expires?: string | undefined;
}

export interface AccountsSettings {
  /** Of the account `slipway`, a maintainer. */
  readonly token: string;
  /** Other accounts by token: their names, and their roles. @default none; a name alone is a maintainer's */
  readonly accounts?: Readonly<Record<string, string | AccountSettings>> | undefined;
  /** The token of the account `reporter`, which may look only. @default nobody */
  readonly reporter?: string | undefined;
}

/** Who has the token `slipway`, and who does what nobody asked for by name. */
export const owner: Account = { id: 1, username: 'slipway', level: levels.maintainer };

/** The accounts of a forge by their tokens. */
export function accountsOf({ token, accounts = {}, reporter }: AccountsSettings): ReadonlyMap<string, Account> {
  const others = Object.entries(accounts).map(([secret, given], index): [string, Account] => {
    const { name, role } = typeof given === 'string' ? { name: given, role: 'maintainer' as const } : given;
    return [secret, { id: index + 3, username: name, level: levels[role] }];
  });
  const looks: [string, Account][] =
    reporter === undefined ? [] : [[reporter, { id: 2, username: 'reporter', level: levels.reporter }]];
  return new Map([...others, ...looks, [token, owner]]);
}

/** The accounts as the project access tokens that they have. https://docs.gitlab.com/api/project_access_tokens/ */
export function shownTokens(settings: AccountsSettings) {
  return Object.entries(settings.accounts ?? {}).map(([secret, given]) => {
    const { id, username, level } = accountsOf(settings).get(secret) ?? owner;
    const { scopes, expires } = typeof given === 'string' ? { scopes: undefined, expires: undefined } : given;
    return {
      ...{ id, user_id: id, name: username, scopes: scopes ?? ['api'], access_level: level },
      ...{ active: true, revoked: false, created_at: '2026-01-01T00:00:00.000Z', last_used_at: null },
      expires_at: expires ?? null,
    };
  });
}

/** The token of an API call. https://docs.gitlab.com/api/rest/authentication/ */
export function apiToken({ headers }: IncomingMessage): string {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? String(headers['private-token'] ?? '');
}

/**
 * The token of a git client: the password of HTTP's Basic, under any user name.
 * https://docs.gitlab.com/user/project/settings/project_access_tokens/
 * @returns undefined where nothing was given
 */
export function gitToken({ headers }: IncomingMessage): string | undefined {
  const basic = /^Basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return undefined;
  const said = Buffer.from(basic, 'base64').toString();
  return said.slice(said.indexOf(':') + 1);
}
