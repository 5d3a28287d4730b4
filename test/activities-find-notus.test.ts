import { activityGround, closing, notusStepsAt, watch } from './support/activity-ground';
import { reportOfRun, runAttempts, typesOf, virtualClock } from './support/attempts';
import { answeringJson } from './support/scripted-server';

virtualClock();

test('ends at the first look that is answered as it should, and opens no session', async () => {
  const ground = await activityGround();
  ground.sandbox.use({ name: 'outage', get: Array.from({ length: 3 }, () => ({ kind: 'error', status: 500 })) });
  const run = await runAttempts(ground.notusSteps.findNotus, { watch: watch() });
  expect(typesOf(run)).toEqual(Array<string>(3).fill('NotusUnavailable'));
  expect(run.failure).toBeUndefined();
  expect(ground.sandbox.calls({ operation: 'get' }).map(({ status }) => status)).toEqual([500, 500, 500, 404]);
  expect(ground.sandbox.calls({ operation: 'create' }).length).toBe(0);
});

test('comes back to tell an outage within 90 s, and a refused key at once', async () => {
  const ground = await activityGround();
  ground.sandbox.use('outage');
  const outage = await runAttempts(ground.notusSteps.findNotus, { watch: watch() });
  expect(reportOfRun(outage)).toMatchObject({ code: 'NotusUnavailable' });
  expect(outage.failed.at(-1)?.atMs).toBeLessThanOrEqual(90_000);
  ground.sandbox.use('get-403');
  const refused = await runAttempts(ground.notusSteps.findNotus, { watch: watch() });
  expect(reportOfRun(refused)).toMatchObject({ code: 'NotusKeyRefused' });
});

test('a session where none can be is no sign of health', async () => {
  const lying = closing(await answeringJson({ session: { status: 'PENDING' } }));
  const run = await runAttempts(
    notusStepsAt(lying.url).findNotus,
    { watch: watch({ quiet: true }) },
    {
      scheduleToCloseMs: 60_000,
    },
  );
  expect([run.outOfTime, ...new Set(typesOf(run))]).toEqual([true, 'ProtocolError']);
});
