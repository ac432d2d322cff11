import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestText } from './request.ts';

const metadata = (version: string, drySha: string) => ({
  repoURL: 'r',
  drySha: drySha.repeat(40),
  commands: [],
  version,
});

test('the text of a promotion request', () => {
  const { title, body } = requestText(
    'staging',
    'dev',
    [
      {
        name: 'counter',
        from: metadata('1.0.1', 'a'),
        to: metadata('1.0.2', 'b'),
        evidence: [{ gate: 'soak', is: 'yes', evidence: 'dev has it Synced and Healthy' }],
        irreversible: [],
        commits: [{ sha: 'c'.repeat(40), author: 'Ann', subject: 'feat: `greet`\n/merge @everybody' }],
      },
      { name: 'redis', from: undefined, to: metadata('8.2', 'b'), evidence: [], irreversible: [], commits: [] },
    ],
    ['shop is held in staging'],
  );
  assert.equal(title, 'Promote to staging: counter 1.0.2, redis 8.2');
  assert.equal(
    body,
    `Takes what dev runs to staging: counter 1.0.2, redis 8.2.

| app | now | then | evidence |
|---|---|---|---|
| counter | 1.0.1 | 1.0.2 | dev has it Synced and Healthy |
| redis | nothing | 8.2 | no gate is configured |

### counter: what changed
From aaaaaaaaaaaa to bbbbbbbbbbbb on main.

- cccccccccccc \`feat: 'greet' /merge @everybody\` by \`Ann\`

### redis: what changed
It was not here before.

### Left out
- shop is held in staging

### To undo it
After the merge: \`git revert -m 1 <merge commit>\` on \`env/staging\` takes all of it back; reverting one app's commit takes back that app alone. What was reverted stays so until the revert is reverted.
`,
  );
});
