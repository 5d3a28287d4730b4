import { answerLost } from './support/step-answers';
import { timeSkippingServer } from './support/time-skipping';
import { waiting } from './support/verification-input';
const server = timeSkippingServer();
test('debug', async () => {
  const verification = await server.start(waiting({ maxSessions: 2 }), (world) => world.next('createSession', answerLost, answerLost));
  void verification.pass('1h').then(() => process.stderr.write("EV slept\n"));
  await new Promise((r) => setTimeout(r, 2000));
  process.stderr.write("EV " + verification.world.story.join() + "\n");
  for (const e of (await verification.events()).slice(10)) process.stderr.write("EV " + JSON.stringify({ ...e, links: undefined, eventGroupMarkers: undefined, eventId: undefined, eventTime: undefined }).slice(0, 300) + "\n");
  process.stderr.write("EV " + JSON.stringify(await verification.status()) + "\n");
}, 20000);
