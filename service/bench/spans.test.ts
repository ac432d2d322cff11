import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countSpans } from './spans.ts';

/** What the exporter of OTLP over HTTP sends for three spans, each of a resource of its own. */
const sent = [
  'Co8BCh0KGQoMc2VydmljZS5uYW1lEgkKB2NvdW50ZXIQABJuChAKB2NvdW50ZXISBTEuMC4wEloKEAr3ZRkWzUPdhEjrIRyAMZwSCLeta3FpID',
  'MxKgVHRVQgLzACOQDKmjsAAAAAQQXKmjsAAAAAShEKCmh0dHAucm91dGUSAwoBL1AAYABwAHoCGACFAQEBAAAKjwEKHQoZCgxzZXJ2aWNlLm5h',
  'bWUSCQoHY291bnRlchAAEm4KEAoHY291bnRlchIFMS4wLjASWgoQCvdlGRbNQ92ESOshHIAxnBIIt61rcWkgMzIqBUdFVCAvMAI5AMqaOwAAAA',
  'BBBcqaOwAAAABKEQoKaHR0cC5yb3V0ZRIDCgEvUABgAHAAegIYAIUBAQEAAAqPAQodChkKDHNlcnZpY2UubmFtZRIJCgdjb3VudGVyEAASbgoQ',
  'Cgdjb3VudGVyEgUxLjAuMBJaChAK92UZFs1D3YRI6yEcgDGcEgi3rWtxaSAzMyoFR0VUIC8wAjkAypo7AAAAAEEFypo7AAAAAEoRCgpodHRwLn',
  'JvdXRlEgMKAS9QAGAAcAB6AhgAhQEBAQAA',
].join('');

test('the spans of a request are counted, in Protobuf and in JSON', () => {
  assert.equal(countSpans(Buffer.from(sent, 'base64'), 'application/x-protobuf'), 3);
  assert.equal(countSpans(Buffer.alloc(0), 'application/x-protobuf'), 0);
  const json = { resourceSpans: [{ scopeSpans: [{ spans: [{}, {}] }, { spans: [{}] }] }, { scopeSpans: [] }] };
  assert.equal(countSpans(Buffer.from(JSON.stringify(json)), 'application/json'), 3);
});

test('a request that was cut off is found out', () => {
  assert.throws(() => countSpans(Buffer.from(sent, 'base64').subarray(0, -7), 'application/x-protobuf'), RangeError);
});
