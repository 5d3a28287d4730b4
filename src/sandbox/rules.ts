import type { DisturbedOperation, Fault, Scenario, Sequence } from './scenario';
import { nth } from './scenario';
import { scenarioOfDocument } from './scenarios';

/** What a queued scenario applies to. */
export interface RuleMatch {
  /** Only this document id; default: every one. */
  documentId?: string;
  /** Only calls of this operation; default: the sessions that are opened from now on, and all their calls. */
  operation?: string;
  /** Used up after so many calls (with `operation`) or opened sessions (without); default: never. */
  times?: number;
}

/** A queued scenario. */
export interface Rule extends RuleMatch {
  id: number;
  scenario: Scenario;
}

/** The scenario that a call runs under, the fault it meets, and the rule that says so. */
export interface Encounter {
  scenario: Scenario;
  fault: Fault;
  rule: Rule | null;
  /** The counter that the call moved on, and where it stands now. */
  count: [name: string, value: number] | null;
}

/** The queued scenarios, and how far each sequence of faults has got: all of it plain data for the data file. */
export class Rules {
  /** In the order they were queued. */
  queue: Rule[] = [];
  readonly counts = new Map<string, number>();
  private lastId = 0;

  /** Queues a scenario: those with `times` go first, in order; behind them the newest without. */
  add(scenario: Scenario, match: RuleMatch): void {
    this.lastId += 1;
    this.queue.push({ id: this.lastId, scenario, ...match });
  }

  /**
   * The scenario and fault for a call; counts the call. `own` is the scenario of the session that the call is about,
   * when there is one.
   */
  meet(operation: DisturbedOperation, documentId: string | null, own: Scenario | null): Encounter {
    const rule = this.find(operation, documentId);
    if (rule !== null && rule.operation !== undefined) this.takeOne(rule);
    const fromDocument = own ?? scenarioOfDocument(documentId ?? '');
    const wholeCreate = operation === 'create' && rule?.operation === undefined;
    const byRule = rule !== null && (wholeCreate || rule.scenario[operation] !== undefined);
    const scenario = byRule ? rule.scenario : fromDocument;
    const scope = byRule ? `rule ${rule.id}` : scenario.name;
    return { scenario, rule, ...this.nextFault(scenario[operation], `${scope} ${operation} ${documentId ?? ''}`) };
  }

  /** The scenario that a session opened now carries; counts it. Rules for one operation disturb calls alone. */
  forNewSession(documentId: string): Scenario {
    const rule = this.pick(this.queue.filter((one) => one.operation === undefined && fits(one, documentId)));
    if (rule === null) return scenarioOfDocument(documentId);
    this.takeOne(rule);
    return rule.scenario;
  }

  /** Takes over the queue of an earlier run. */
  restore(queue: Rule[]): void {
    this.queue = queue;
    this.lastId = Math.max(this.lastId, ...queue.map(({ id }) => id));
  }

  /** Forgets everything. */
  clear(): void {
    this.queue = [];
    this.counts.clear();
  }

  private find(operation: DisturbedOperation, documentId: string | null): Rule | null {
    return this.pick(
      this.queue.filter((rule) => {
        if (!fits(rule, documentId)) return false;
        // A rule for so many sessions takes them at create; later calls go by the session's own scenario.
        if (rule.operation === undefined) return rule.times === undefined || operation === 'create';
        return rule.operation === operation;
      }),
    );
  }

  private pick(rules: readonly Rule[]): Rule | null {
    const limited = rules.find(({ times }) => times !== undefined);
    return limited ?? rules.findLast(({ times }) => times === undefined) ?? null;
  }

  private takeOne(rule: Rule): void {
    if (rule.times === undefined) return;
    rule.times -= 1;
    if (rule.times <= 0) this.queue = this.queue.filter((other) => other !== rule);
  }

  private nextFault(sequence: Sequence<Fault> | undefined, counter: string): Pick<Encounter, 'fault' | 'count'> {
    if (sequence === undefined) return { fault: { kind: 'ok' }, count: null };
    // A sequence that never ends needs no count.
    if ('always' in sequence) return { fault: sequence.always, count: null };
    const before = this.counts.get(counter) ?? 0;
    this.counts.set(counter, before + 1);
    return { fault: nth(sequence, before) ?? { kind: 'ok' }, count: [counter, before + 1] };
  }
}

function fits(rule: Rule, documentId: string | null): boolean {
  return rule.documentId === undefined || rule.documentId === documentId;
}
