import type { Case, Cases, Fired } from './promtool.fixture.ts';

const series = (part: string, labels: string) =>
  `http_server_request_duration_seconds_${part}{job="pods",namespace="production",app="shop",${labels}}`;
const answered = (status: number, pod = 'a', route = '/') =>
  series('count', `pod="${pod}",http_route="${route}",http_response_status_code="${status}"`);
/** Answers that took no longer than what is promised: Prometheus 2.x and 3.x write the bound alike. */
const inTime = series('bucket', 'pod="a",http_route="/",http_response_status_code="200",le="0.25"');

/** So many requests a minute. */
const all = 100_000;

/** Some share of requests fails, in each of so many minutes. */
const failing = (share: number, minutes: number): Case['seen'] => ({
  [answered(200)]: `0+${all - Math.round(all * share)}x${minutes}`,
  [answered(500)]: `0+${Math.round(all * share)}x${minutes}`,
});
/** Some share of answers is too slow. */
const slow = (share: number, minutes: number): Case['seen'] => ({
  [answered(200)]: `0+${all}x${minutes}`,
  [inTime]: `0+${all - Math.round(all * share)}x${minutes}`,
});

/** Some share failed in each of so many steps, and then in so many nothing. */
const ended = (share: number, bad: number, good: number): Case['seen'] => {
  const failed = Math.round(all * share);
  return {
    [answered(200)]: `0+${all - failed}x${bad} ${(all - failed) * bad + all}+${all}x${good}`,
    [answered(500)]: `0+${failed}x${bad} ${failed * bad}x${good}`,
  };
};

/** What an alert says that an objective's budget burns. */
const burning = (percent: string, times: number, window: string, slo = 'availability'): Fired => ({
  summary: `${percent} of the requests to shop in production ${slo === 'latency' ? 'take longer than 0.25 s' : 'fail'}: ${times} times more than may over ${window}.`,
  labels: { slo, window },
});

/** What is tried of the pages, minute by minute: 0.1 % of requests may fail, and 1 % may be slow. */
export const pageCases: Cases = {
  ErrorBudgetBurnsFast: [
    { at: '65m', seen: failing(0.9 * 0.0144, 70) },
    { at: '65m', seen: failing(1.1 * 0.0144, 70), fires: [burning('1.584%', 14.4, '1h')] },
    // It has ended, and the long window still remembers.
    {
      at: '71m',
      seen: { [answered(200)]: `0+90000x65 ${90_000 * 65}+100000x10`, [answered(500)]: `0+10000x65 650000x10` },
    },
    {
      at: '65m',
      seen: { [answered(200)]: `0+90000x65 ${90_000 * 65}+100000x10`, [answered(500)]: `0+10000x65 650000x10` },
      fires: [burning('10%', 14.4, '1h')],
    },
    // A version of which 5 % fail: 1.44 % of an hour are reached after 17.3 minutes.
    { at: '77m', seen: { [answered(200)]: `0+1000x60 60000+950x30`, [answered(500)]: `0x60 0+50x30` } },
    {
      at: '79m',
      seen: { [answered(200)]: `0+1000x60 60000+950x30`, [answered(500)]: `0x60 0+50x30` },
      fires: [burning('5%', 14.4, '1h')],
    },
    // Nothing works: in the second minute it pages.
    {
      at: '62m',
      seen: { [answered(200)]: `0+1000x60 60000x30`, [answered(503)]: `0x60 0+1000x30` },
      firing: 1,
    },
    // At night one request comes in a minute, and nine of them fail; or ten.
    { at: '65m', seen: { [answered(200)]: `0+1x54 54x30`, [answered(500)]: `0x54 0+1x9 9x30` } },
    {
      at: '65m',
      seen: { [answered(200)]: `0+1x54 54x30`, [answered(500)]: `0x54 0+1x10 10x30` },
      fires: [burning('100%', 14.4, '1h')],
    },
    // Nobody asks; and only probes do, which get 503.
    { at: '65m', seen: { [answered(200)]: '5x70', [answered(500)]: '5x70' } },
    {
      at: '65m',
      seen: {
        [answered(200)]: '0+9x70',
        [answered(503, 'a', '/readyz')]: '0+60x70',
        [answered(503, 'a', '/metrics')]: '0+60x70',
      },
    },
    // What a visitor asks for that is not there is no failure.
    { at: '65m', seen: { [answered(404)]: '0+9x70', [answered(499)]: '0+9x70' } },
    // A process that begins anew counts from 0, just under the threshold and just over it.
    ...[1296, 1584].map((failed) => ({
      ...{ at: '65m', fires: failed > 1440 ? [burning('1.584%', 14.4, '1h')] : [] },
      seen: {
        [answered(200)]: `0+${all - failed}x31 0+${all - failed}x31 0+${all - failed}x9`,
        [answered(500)]: `0+${failed}x31 0+${failed}x31 0+${failed}x9`,
      },
    })),
    // A roll-out: one pod goes, and another comes with the same share of failures.
    ...[1296, 1584].map((failed) => ({
      ...{ at: '65m', fires: failed > 1440 ? [burning('1.584%', 14.4, '1h')] : [] },
      seen: {
        [answered(200)]: `0+${all - failed}x62 stale`,
        [answered(500)]: `0+${failed}x62 stale`,
        [answered(200, 'b')]: `_x61 0+${all - failed}x9`,
        [answered(500, 'b')]: `_x61 0+${failed}x9`,
      },
    })),
    // A roll-out without any failure: counters begin, grow, and are gone.
    {
      at: '10m',
      seen: { [answered(200)]: '0+900x5 stale', [answered(200, 'b')]: '_x4 0+900x20' },
      gives: { 'sum(slo:errors:ratio_rate5m{slo="availability"})': 0 },
    },
    // A status that was never given is a series that begins: its first value is not counted.
    { at: '64m', seen: { [answered(200)]: `0+1000x70`, [answered(500)]: `_x60 5000x9` } },
    // Slow answers are no failures.
    { at: '65m', seen: slow(0.5, 70) },
  ],
  LatencyBudgetBurnsFast: [
    { at: '65m', seen: slow(0.9 * 0.144, 70) },
    { at: '65m', seen: slow(1.1 * 0.144, 70), fires: [burning('15.84%', 14.4, '1h', 'latency')] },
    // What fails at once is not slow.
    { at: '65m', seen: { ...slow(0, 70), [answered(500)]: '0+100000x70' } },
  ],
};

/** What is tried of hours, with 150 s between two values, as they are recorded; who burns three times too fast does so once, too. */
export const hourCases: Cases = {
  ErrorBudgetBurns: [
    { at: '370m', seen: failing(0.9 * 0.006, 150) },
    {
      at: '370m',
      seen: failing(1.1 * 0.006, 150),
      fires: [burning('0.66%', 6, '6h')],
      gives: {
        'round(sum(slo:errors:ratio_rate6h{slo="availability"}) * 1e5)': 660,
        'round(sum(slo:budget_left:ratio30d{slo="availability"}) * 10)': -56,
        'sum(slo:objective:ratio{slo="availability"})': 0.999,
        'sum(slo:objective:ratio{slo="latency"})': 0.99,
      },
    },
    // Five hours of it have ended 40 minutes ago, and the long window still remembers.
    {
      ...{ at: '340m', seen: ended(0.05, 120, 20) },
      gives: { 'sum(slo:errors:ratio_rate6h{slo="availability"}) > bool 0.006': 1 },
    },
    // One request in 150 s, and nine that fail; or twelve, since what is recorded of minutes is no count of requests.
    { at: '60m', seen: { [answered(200)]: '0+1x40', [answered(500)]: '0x8 0+1x9 9x30' } },
    { at: '60m', seen: { [answered(200)]: '0+1x40', [answered(500)]: '0x8 0+1x12 12x30' }, firing: 1 },
  ],
  ErrorBudgetBurnsSlowly: [
    { at: '370m', seen: failing(0.9 * 0.003, 150), fires: [burning('0.27%', 1, '3d')] },
    { at: '370m', seen: failing(1.1 * 0.003, 150), fires: [burning('0.33%', 3, '1d'), burning('0.33%', 1, '3d')] },
    { at: '370m', seen: failing(0.9 * 0.001, 150) },
    { at: '370m', seen: failing(1.1 * 0.001, 150), fires: [burning('0.11%', 1, '3d')] },
    // It has ended more than two hours ago: of the two pairs the slower one goes on; more than six: none does.
    {
      ...{ at: '370m', seen: ended(0.05, 90, 60), firing: 1 },
      gives: {
        'sum(slo:errors:ratio_rate1d{slo="availability"}) > bool 0.003': 1,
        'sum(slo:errors:ratio_rate6h{slo="availability"}) > bool 0.001': 1,
      },
    },
    {
      ...{ at: '500m', seen: ended(0.05, 40, 165) },
      gives: { 'sum(slo:errors:ratio_rate3d{slo="availability"}) > bool 0.001': 1 },
    },
  ],
  LatencyBudgetBurns: [
    { at: '370m', seen: slow(0.9 * 0.06, 150) },
    { at: '370m', seen: slow(1.1 * 0.06, 150), fires: [burning('6.6%', 6, '6h', 'latency')] },
  ],
  LatencyBudgetBurnsSlowly: [
    {
      ...{ at: '370m', seen: slow(1.1 * 0.03, 150) },
      fires: [burning('3.3%', 3, '1d', 'latency'), burning('3.3%', 1, '3d', 'latency')],
    },
    { at: '370m', seen: slow(0.9 * 0.03, 150), fires: [burning('2.7%', 1, '3d', 'latency')] },
    { at: '370m', seen: slow(0.9 * 0.01, 150) },
    { at: '370m', seen: slow(1.1 * 0.01, 150), fires: [burning('1.1%', 1, '3d', 'latency')] },
  ],
};

/** The same, with four minutes between two values, for the whole of the longest windows, what is left of a budget of 30 days, and what weighs how much. */
export const longCases: Cases = {
  ErrorBudgetBurnsSlowly: [
    { at: '1448m', seen: failing(0.9 * 0.003, 365), fires: [burning('0.27%', 1, '3d')] },
    { at: '1448m', seen: failing(1.1 * 0.003, 365), fires: [burning('0.33%', 3, '1d'), burning('0.33%', 1, '3d')] },
    { at: '4328m', seen: failing(0.9 * 0.001, 1085) },
    { at: '4328m', seen: failing(1.1 * 0.001, 1085), fires: [burning('0.11%', 1, '3d')] },
    // A day in which twice as much failed as may, and two in which nothing did.
    {
      at: '4328m',
      seen: { [answered(200)]: `0+9980x360 ${9980 * 360}+10000x725`, [answered(500)]: `0+20x360 7200x725` },
      gives: { 'round(sum(slo:budget_left:ratio30d{slo="availability"}) * 100)': 33 },
    },
    // A day with ten times as many requests weighs ten times as much.
    {
      at: '4328m',
      seen: { [answered(200)]: `0+98000x360 ${98_000 * 360}+10000x725`, [answered(500)]: `0+2000x360 720000x725` },
      fires: [],
      gives: { 'round(sum(slo:errors:ratio_rate3d{slo="availability"}) * 1e3)': 17 },
    },
  ],
  LatencyBudgetBurnsSlowly: [
    { at: '1448m', seen: slow(0.9 * 0.03, 365), fires: [burning('2.7%', 1, '3d', 'latency')] },
    { at: '4328m', seen: slow(0.9 * 0.01, 1085) },
    { at: '4328m', seen: slow(1.1 * 0.01, 1085), fires: [burning('1.1%', 1, '3d', 'latency')] },
  ],
};
