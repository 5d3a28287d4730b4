import { Context } from '@temporalio/activity';
import type { Answer, ArgsOf, Attempt, FakeWorld, Step } from './fake-activities';
import { everyDocumentIsGood } from './fake-activities';
import { comesBack, unusable } from './step-answers';

interface Parked {
  args: ArgsOf<Step>;
  attempt: Attempt;
  answer: (with_: Answer<Step>) => void;
  leave: (error: Error) => void;
}

/** How soon a step that came back with an obstacle is tried again; unlike every wait of the workflow's own. */
export const RETRY_IN = 47_000;

/** Holds each attempt of a step until the test answers it, so that nothing goes on unless the test says so. */
export class Parking {
  private readonly parked = new Map<string, Parked>();
  storeIsDown = false;

  /** Takes over all that can be waited for; documents named `bad` are unusable. */
  rule(world: FakeWorld): void {
    for (const step of ['createSession', 'findNotus', 'uploadDocument', 'pollResult'] as const) {
      world.always<Step>(step, (args, attempt) => this.park(placeOf(step, args), args, attempt));
    }
    world.always('inspectDocuments', (args, attempt) => this.inspect(args, attempt));
  }

  get places(): string[] {
    return [...this.parked.keys()].sort();
  }

  answer(place: string, answer: Answer<Step>): void {
    const parked = this.parked.get(place);
    if (parked === undefined) throw new Error(`Nothing waits at ${place}.`);
    this.parked.delete(place);
    parked.answer(answer);
  }

  /** Lets attempts go that nobody waits for any more. */
  abandon(isForgotten: (place: string) => boolean): void {
    for (const [place, parked] of this.parked) {
      if (!isForgotten(place)) continue;
      this.parked.delete(place);
      parked.leave(new Error('Nobody waits for it.'));
    }
  }

  private async park(place: string, args: ArgsOf<Step>, attempt: Attempt): Promise<never> {
    const context = Context.current();
    const beating = setInterval(() => context.heartbeat(), 1_000);
    try {
      const answer = await new Promise<Answer<Step>>((resolve, reject) => {
        this.parked.get(place)?.leave(new Error('Another attempt has taken its place.'));
        this.parked.set(place, { args, attempt, answer: resolve, leave: reject });
      });
      return (await answer(args, attempt)) as never;
    } finally {
      clearInterval(beating);
    }
  }

  private inspect(...[args, attempt]: Parameters<Answer<'inspectDocuments'>>): ReturnType<Answer<'inspectDocuments'>> {
    if (this.storeIsDown) {
      return comesBack<'inspectDocuments'>('DocumentStoreUnavailable', 'Down.', RETRY_IN)(args, attempt);
    }
    const isBad = args.references.front?.uri.includes('bad') ?? false;
    return isBad ? unusable(args, attempt) : everyDocumentIsGood(args);
  }
}

function placeOf(step: Step, args: ArgsOf<Step>): string {
  return step === 'uploadDocument' ? `upload-${(args as ArgsOf<'uploadDocument'>).side}` : step;
}
