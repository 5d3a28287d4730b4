import { breaks } from './support/step-answers';
import { timeSkippingServer } from './support/time-skipping';
import { documents, waiting } from './support/verification-input';
const server = timeSkippingServer();
test('debug', async () => {
  const verification = await server.start(waiting(), (world) => world.next('inspectDocuments', breaks()));
  await verification.untilAwaiting();
  await verification.submit(documents("good")).catch((e) => process.stderr.write("EV " + String(e) + String(e.cause) + String(e.cause?.stack) + "\n"));
  await new Promise((r) => setTimeout(r, 800));
  for (const e of (await verification.events()).slice(10)) process.stderr.write("EV " + JSON.stringify({ ...e, links: undefined, eventGroupMarkers: undefined, eventId: undefined, eventTime: undefined }).slice(0, 900) + "\n");
  console.log(JSON.stringify(await verification.outcome()));
}, 20000);
