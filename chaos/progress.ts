import { tell } from '../src/demo/screen';
import type { Lived } from './applicant';
import type { Plan, PlannedKill } from './plan';

/** Up to so many verifications, each gets a line of its own. */
const TOLD_ONE_BY_ONE = 100;
const TOLD_EVERY_MS = 10_000;

/** Tells how far a run is: each event of a small one, and a line every ten seconds of a large one. */
export class Progress {
  private ended = 0;
  private unanswered = 0;
  private killed = 0;
  private readonly timer: NodeJS.Timeout | null;

  constructor(private readonly plan: Plan) {
    const isLarge = plan.verifications.length > TOLD_ONE_BY_ONE;
    this.timer = isLarge ? setInterval(() => this.tellSum(), TOLD_EVERY_MS) : null;
  }

  onEnd({ planned, answer }: Lived): void {
    this.ended += 1;
    if (answer === null) this.unanswered += 1;
    if (this.timer !== null) return;
    const { length } = this.plan.verifications;
    tell(`${planned.id} (${planned.case.scenario}): ${answer?.ending ?? 'no end'}, ${this.ended} of ${length}`);
  }

  onKill(kill: PlannedKill): void {
    this.killed += 1;
    if (this.timer !== null) return;
    tell(`${described(kill)}, ${this.killed} of ${this.plan.kills.length}`);
  }

  close(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.tellSum();
  }

  private tellSum(): void {
    const { verifications, kills } = this.plan;
    const lost = this.unanswered > 0 ? `, ${this.unanswered} of them not in time` : '';
    tell(`${this.killed} of ${kills.length} kills, ${this.ended} of ${verifications.length} verifications over${lost}`);
  }
}

function described({ kind, link, downMs }: PlannedKill): string {
  return kind.endsWith('Link') ? `${kind} to ${link} for ${(downMs / 1_000).toFixed(1)} s` : kind;
}
