import assert from 'node:assert/strict';
import { test } from 'node:test';
import { production } from './good.fixture.ts';
import { judge } from './judge.ts';
import { controls, podIn, workloadKinds } from './restricted.fixture.ts';

/** The policies that together are the restricted profile. */
const profile =
  /^(host-(process|network|pid|ipc|path|ports)|host-process-pod|privileged|capabilities-|(liveness|readiness|startup)-host|lifecycle-host-|app-armor|se-linux|proc-mount|seccomp|sysctls|volume-types|privilege-escalation|run-as-)/;

const allowed = (manifest: object) => judge([manifest], production).filter(({ policy }) => profile.test(policy));

for (const { control, cases } of controls) {
  test(`restricted: ${control}`, () => {
    for (const [is, spec, template] of cases) {
      for (const kind of workloadKinds) {
        const found = allowed(podIn(kind, spec, template));
        const text = `${kind}: ${JSON.stringify(spec)} ${JSON.stringify(template ?? {})}`;
        assert.equal(found.length === 0, is === 'allowed', `${text}\n${JSON.stringify(found)}`);
      }
    }
  });
}
