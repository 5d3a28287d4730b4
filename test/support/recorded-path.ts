import type { FakeWorld } from './fake-activities';
import { refusalOf, type TestVerification } from './test-verification';
import type { VerificationServer } from './time-skipping';
import { documents, uploadedTo } from './verification-input';

/** A way through a verification: the ending it must come to, how it begins, and what is done on the way. */
export interface RecordedPath {
  ending: string;
  play: (server: VerificationServer) => Promise<TestVerification>;
}

type Script = (world: FakeWorld) => unknown;
type Part = (verification: TestVerification) => Promise<unknown>;

/** Starts with that input in a world so scripted, then plays its parts one after the other. */
export function path(ending: string, input: unknown, script: Script = () => undefined, ...parts: Part[]): RecordedPath {
  return {
    ending,
    play: async (server) => {
      const verification = await server.start(input, script);
      for (const part of parts) await part(verification);
      return verification;
    },
  };
}

/** Waits until documents are awaited. */
export const awaiting: Part = (verification) => verification.untilAwaiting();

/** Waits until the status tells that problem. */
export const problem = (code: string): Part => {
  return (verification) => verification.untilProblem(code);
};

/** Waits until the step of that activity id has been tried. */
export const step = (activityId: string): Part => {
  return (verification) => verification.until(() => verification.world.story.includes(activityId));
};

/** Lets time pass on the server. */
export const pass = (time: '9m' | '11m'): Part => {
  return (verification) => verification.pass(time);
};

/** Submits documents of that name by the update. */
export const submit = (name: string): Part => {
  return (verification) => verification.submit(documents(name));
};

/** Tells by the update that the applicant's device has posted all sides. */
export const submitUploads = (sessionId: string): Part => {
  return (verification) => verification.submit(uploadedTo(sessionId));
};

/** Sends the signal with whatever a caller may send. */
export const signal = (...args: unknown[]): Part => {
  return (verification) => verification.signal(...args);
};

/** Sends the signal in an encoding that no converter knows. */
export const undecodable: Part = (verification) =>
  verification.signalUndecodable({ metadata: { encoding: Buffer.from('binary/unknown') }, data: Buffer.from('x') });

/** Demands that the update of that part is refused. */
export const refused = (update: Part): Part => {
  return (verification) => refusalOf(update(verification));
};

/** Asks for upload forms. */
export const forms: Part = (verification) => verification.requestForms();

/** Asks the verification to stop. */
export const cancel: Part = (verification) => verification.handle.cancel();
