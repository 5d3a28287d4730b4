import { basename } from 'node:path';
import { ApplicationFailure, Context } from '@temporalio/activity';
import {
  everyDocumentIsGood,
  type Answer,
  type ArgsOf,
  type Attempt,
  type FakeWorld,
  type Step,
} from './fake-activities';
import type { Place } from './model-flow';
import { answerLost, unusable } from './step-answers';

interface Parked {
  flight: string;
  answer: (given: Answer<Step>) => void;
}

/** How soon a step that came back with an obstacle is tried again; unlike every wait of the workflow's own. */
export const RETRY_IN = 47_000;

/** What attempts that nobody waits for any more end with. */
export const LET_GO = 'Nobody waits for it.';

/** Holds each attempt of a step until the test answers it, so that nothing goes on unless the test says so. */
export class Parking {
  private readonly parked = new Map<Place, Parked>();
  /** Whether an inspection that begins waits for its answer. */
  storeIsDown = false;

  /** Takes over all that can be waited for; documents named `bad` are unusable. */
  rule(world: FakeWorld): void {
    for (const step of ['createSession', 'findNotus', 'uploadDocument', 'pollResult'] as const) {
      world.always<Step>(step, (args, attempt) => this.park(step, args, attempt));
    }
    world.always('inspectDocuments', (args, attempt) => {
      const isAgain = attempt.attempt > 1 || args.watch.known !== null;
      return this.storeIsDown || isAgain ? this.park('inspectDocuments', args, attempt) : inspects(args, attempt);
    });
  }

  get places(): Place[] {
    return [...this.parked.keys()];
  }

  /** What is in flight, and for which session. */
  get flights(): string[] {
    return [...this.parked.values()].map(({ flight }) => flight).sort();
  }

  answer<S extends Step>(place: Place, given: Answer<S>): void {
    const parked = this.parked.get(place);
    if (parked === undefined) throw new Error(`Nothing waits at ${place}.`);
    this.parked.delete(place);
    parked.answer(given);
  }

  /** Lets attempts go that nobody waits for any more. */
  abandon(isForgotten: (place: Place) => boolean = () => true): void {
    for (const place of this.places.filter(isForgotten)) this.answer(place, isLetGo);
  }

  /** What happens to attempts in flight when their worker goes: the answer to a create is lost, others are made again. */
  loseWorker(): void {
    for (const place of this.places) this.answer(place, place === 'createSession' ? answerLost : goesWithItsWorker);
  }

  private async park(step: Step, args: ArgsOf<Step>, attempt: Attempt): Promise<never> {
    const context = Context.current();
    const beating = setInterval(() => context.heartbeat(), 1_000);
    try {
      const place = placeOf(step, args);
      const given = await new Promise<Answer<Step>>((answer) => {
        this.parked.get(place)?.answer(goesWithItsWorker);
        this.parked.set(place, { flight: flightOf(place, args, attempt), answer });
      });
      return (await given(args, attempt)) as never;
    } finally {
      clearInterval(beating);
    }
  }
}

export const inspects: Answer<'inspectDocuments'> = (args, attempt) =>
  args.references.front?.uri.includes('bad') ? unusable(args, attempt) : everyDocumentIsGood(args);

/** Made again only when what waits for it is long over. */
const isLetGo: Answer<Step> = () => {
  throw ApplicationFailure.create({ message: LET_GO, nextRetryDelay: 10_000 });
};

const goesWithItsWorker: Answer<Step> = () => {
  throw new Error('The worker has gone.');
};

function placeOf(step: Step, args: ArgsOf<Step>): Place {
  return step === 'uploadDocument' ? `upload-${(args as ArgsOf<'uploadDocument'>).side}` : (step as Place);
}

function flightOf(place: Place, args: ArgsOf<Step>, { activityId }: Attempt): string {
  if (place === 'createSession') return `${place} ${activityId.replace('create-', '')}`;
  if ('form' in args) return `${place} ${basename(args.form.url)}`;
  return 'sessionId' in args ? `${place} ${args.sessionId}` : place;
}
