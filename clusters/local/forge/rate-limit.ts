import { Refused } from './refused.ts';

/** What a call that came too soon is answered with. */
export class TooMany extends Refused {
  readonly headers: Readonly<Record<string, string>>;
  constructor(headers: Readonly<Record<string, string>>) {
    super(429, 'Retry later');
    this.headers = headers;
  }
}

/**
 * So many calls per account in a minute, counted as GitLab does from each minute's beginning.
 * https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
 * @param limit calls a minute
 * @throws {TooMany} from what it returns, which counts a call of an account
 */
export function rateLimit(limit: number, now: () => Date): (account: string) => void {
  const minute = 60_000;
  let began = 0;
  const counts = new Map<string, number>();
  return (account) => {
    const at = now().getTime();
    const beginning = at - (at % minute);
    if (beginning !== began) counts.clear();
    began = beginning;
    const observed = (counts.get(account) ?? 0) + 1;
    counts.set(account, observed);
    if (observed <= limit) return;
    const reset = beginning + minute;
    throw new TooMany({
      'ratelimit-limit': String(limit),
      'ratelimit-name': 'throttle_authenticated_api',
      'ratelimit-observed': String(observed),
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(reset / 1000),
      'retry-after': String(Math.ceil((reset - at) / 1000)),
    });
  };
}
