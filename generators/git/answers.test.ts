import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Meaning, meaningOf } from './answers.ts';

test('the messages of git, GitLab and GitHub are read for what they mean', () => {
  const table: [Meaning, string][] = [
    ['moved on', " ! [rejected]        4f2a -> env/dev (stale info)\nerror: failed to push some refs to 'origin'"],
    ['moved on', ' ! [rejected]        main -> main (non-fast-forward)'],
    ['moved on', ' ! [rejected]        main -> main (fetch first)'],
    [
      'moved on',
      " ! [remote rejected] 4f2a -> rendered (cannot lock ref 'refs/heads/rendered': is at 1111 but expected 2222)",
    ],
    ['moved on', ' ! [remote rejected] 4f2a -> rendered (incorrect old value provided)'],
    ['moved on', ' ! [remote rejected] 4f2a -> rendered (reference already exists)'],
    ['moved on', ' ! [remote rejected] 4f2a -> rendered (failed to update ref)'],
    [
      'moved on',
      "error: cannot lock ref 'refs/heads/env/dev': Unable to create '/r.git/refs/heads/env/dev.lock': File exists.",
    ],
    ['broken', 'fatal: the remote end hung up unexpectedly'],
    [
      'broken',
      'error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nsend-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly\nEverything up-to-date',
    ],
    ['broken', "fatal: unable to access 'https://gitlab.com/g/p.git/': The requested URL returned error: 503"],
    ['broken', "fatal: unable to access 'https://gitlab.com/g/p.git/': Could not resolve host: gitlab.com"],
    ['broken', 'fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF'],
    ['broken', 'kex_exchange_identification: Connection closed by remote host'],
    [
      'refused',
      'remote: GitLab: You are not allowed to push code to protected branches on this project.\n ! [remote rejected] 4f2a -> main (pre-receive hook declined)\nerror: failed to push some refs',
    ],
    [
      'refused',
      'remote: error: GH006: Protected branch update failed for refs/heads/main.\n ! [remote rejected] main -> main (protected branch hook declined)',
    ],
    ['refused', "fatal: unable to access 'https://gitlab.com/g/p.git/': The requested URL returned error: 403"],
    ['refused', "fatal: Authentication failed for 'https://gitlab.com/g/p.git/'"],
    ['unknown', "fatal: unable to access 'https://127.0.0.1:1/x.git/': Failed to connect to 127.0.0.1 port 1"],
    ['unknown', 'error: unable to write file: No space left on device'],
  ];
  for (const [meaning, text] of table) assert.equal(meaningOf(text), meaning, text);
});
