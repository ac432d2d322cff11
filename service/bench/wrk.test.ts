import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from './refusal.ts';
import { parseWrk } from './wrk.ts';

const clean = `Running 1s test @ http://127.0.0.1:39555/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.31ms    6.91ms  86.76ms   96.23%
    Req/Sec    31.02k    13.57k   44.40k    80.00%
  Latency Distribution
     50%  793.00us
     75%    1.18ms
     90%    2.61ms
     99%   42.71ms
  30904 requests in 1.00s, 4.54MB read
Requests/sec:  30816.27
Transfer/sec:      4.53MB
`;

const refusing = `Running 1s test @ http://127.0.0.1:39555/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.93ms    5.35ms  84.50ms   96.31%
    Req/Sec    30.91k    12.99k   45.27k    50.00%
  Latency Distribution
     50%  787.00us
     75%    1.19ms
     90%    2.53ms
     99%  930.59us
  30817 requests in 1.01s, 4.78MB read
  Non-2xx or 3xx responses: 15361
Requests/sec:  30639.72
Transfer/sec:      4.75MB
`;

const breaking = `Running 1s test @ http://127.0.0.1:39556/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.17ms    3.73ms  39.07ms   93.15%
    Req/Sec     6.01k     2.49k    9.91k    70.00%
  Latency Distribution
     50%    0.90ms
     75%    2.03ms
     90%    4.64ms
     99%    1.05s 
  5981 requests in 1.00s, 753.47KB read
  Socket errors: connect 2, read 1, write 0, timeout 3
Requests/sec:   5964.16
Transfer/sec:    751.34KB
`;

test('a report of wrk is read, with what was refused and what broke', () => {
  assert.deepEqual(parseWrk(clean), {
    requests: 30_904,
    requestsPerSecond: 30_816.27,
    p99Ms: 42.71,
    refused: 0,
    broken: 0,
  });
  const { refused, p99Ms, broken } = parseWrk(refusing);
  assert.deepEqual({ refused, broken }, { refused: 15_361, broken: 0 });
  assert.ok(Math.abs(p99Ms - 0.93059) < 1e-9);
  assert.deepEqual(parseWrk(breaking), {
    requests: 5_981,
    requestsPerSecond: 5_964.16,
    p99Ms: 1_050,
    refused: 0,
    broken: 6,
  });
});

test('what is no report of a run is quoted in the refusal', () => {
  const said = 'unable to connect to 127.0.0.1:39555 Connection refused\n';
  assert.throws(() => parseWrk(said), new Refusal(`wrk did not report a run, but said: ${said.trim()}`));
});
