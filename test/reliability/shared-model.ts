/**
 * Sessions that several instances serve, as far as it can be foretold what becomes of them.
 *
 * Instances die and Redis stops, so a request can have several outcomes. What is promised is kept here: who
 * may be answered how, and which calls must end with their own result.
 *
 * Knows: sessions, calls, which instances live. Does not know: HTTP, processes.
 *
 * @module
 */

/** A call of `act`. */
export interface SharedCall {
  readonly label: string;
  readonly id: number;
  readonly session: SharedSession;
  /** The connection of its POST. */
  readonly key: string;
  /** Where it runs. */
  readonly instance: string;
  /** `orphaned`: its instance died. */
  state: 'running' | 'finished' | 'cancelled' | 'orphaned';
  /** What its terminal message may be, without the id. */
  readonly ends: Set<string>;
}

/** A question to a client. */
export interface SharedQuestion {
  readonly label: string;
  readonly call: SharedCall;
  /** What was answered first; undefined while nobody has. */
  answer: string | undefined;
}

/** What a connection was opened for. */
export interface SharedConnection {
  readonly key: string;
  readonly session: SharedSession;
  readonly instance: string;
  readonly kind: 'post' | 'standalone' | 'resume' | 'other';
  /** The call whose stream it carries. */
  readonly call: SharedCall | undefined;
  /** Statuses that it may be answered with. */
  readonly allowed: Set<number>;
  isDropped: boolean;
}

export class SharedSession {
  readonly nonce: string;
  readonly user: string | undefined;
  readonly version: string;
  isGone = false;
  readonly calls: SharedCall[] = [];
  #told = 0;
  #requests = 0;

  constructor(nonce: string, user: string | undefined, version: string) {
    this.nonce = nonce;
    this.user = user;
    this.version = version;
  }

  nextRequest(): number {
    this.#requests += 1;
    return this.#requests - 1;
  }

  /** Words that are said once, and by nobody else. */
  words(what: string): string {
    this.#told += 1;
    return `${this.nonce} ${what} ${this.#told}`;
  }
}

/** What may come of a request that is well: an answer, a confirmation, nothing more to come. */
const WELL = [200, 202, 204];
const OUTAGE = 503;

export class SharedModel {
  readonly sessions: SharedSession[] = [];
  readonly connections: SharedConnection[] = [];
  readonly questions: SharedQuestion[] = [];
  readonly up: Set<string>;
  isFrozen = false;
  #keys = 0;

  constructor(names: readonly string[]) {
    this.up = new Set(names);
  }

  get live(): SharedSession[] {
    return this.sessions.filter(({ isGone }) => !isGone);
  }

  get calls(): SharedCall[] {
    return this.sessions.flatMap(({ calls }) => calls);
  }

  /** Calls whose tool can be told what to do. */
  get running(): SharedCall[] {
    return this.calls.filter(({ state, session }) => state === 'running' && !session.isGone);
  }

  /** Connections that their client still reads. */
  get open(): SharedConnection[] {
    return this.connections.filter(({ isDropped }) => !isDropped);
  }

  nameAt(choice: number): string {
    const names = [...this.up].sort();
    return names[choice % names.length] ?? '';
  }

  newSession(user: string | undefined, version: string): SharedSession {
    const session = new SharedSession(`nonce-${this.sessions.length + 1}`, user, version);
    this.sessions.push(session);
    return session;
  }

  /** A request of the session's own client. */
  connect(
    session: SharedSession,
    instance: string,
    kind: SharedConnection['kind'],
    call?: SharedCall,
  ): SharedConnection {
    const allowed = new Set(session.isGone ? [404] : this.isFrozen ? [] : WELL);
    if (this.isFrozen) allowed.add(OUTAGE);
    return this.#add(session, instance, kind, allowed, call);
  }

  /** A request of somebody who may not use the session. */
  intrude(session: SharedSession, instance: string, status: number): SharedConnection {
    return this.#add(session, instance, 'other', new Set([status]), undefined);
  }

  begin(
    session: SharedSession,
    connection: SharedConnection,
    id: number,
    label: string,
  ): SharedCall {
    const { key, instance } = connection;
    const ends = new Set<string>();
    const call: SharedCall = { label, id, session, key, instance, state: 'running', ends };
    session.calls.push(call);
    return call;
  }

  /** Redis does not answer from now on. */
  freeze(): void {
    this.isFrozen = true;
    for (const { allowed } of this.connections) allowed.add(OUTAGE);
  }

  /** Leases may be over by now, so others may have ended what still runs. */
  thaw(): void {
    this.isFrozen = false;
    for (const { ends } of this.running) ends.add(INSTANCE_LOST);
  }

  /** The instance is gone, and every connection to it. */
  kill(name: string): void {
    this.up.delete(name);
    for (const connection of this.connections) {
      if (connection.instance === name) connection.isDropped = true;
    }
    for (const call of this.calls) {
      if (call.instance !== name || call.state === 'cancelled') continue;
      call.ends.add(INSTANCE_LOST);
      if (call.state === 'running') call.state = 'orphaned';
    }
  }

  /** The session is over: what runs in it is told so. */
  end(session: SharedSession): void {
    session.isGone = true;
    for (const call of session.calls) call.ends.add('error session_ended');
  }

  #add(
    session: SharedSession,
    instance: string,
    kind: SharedConnection['kind'],
    allowed: Set<number>,
    call: SharedCall | undefined,
  ): SharedConnection {
    this.#keys += 1;
    const key = `c${this.#keys}`;
    const connection = { key, session, instance, kind, call, allowed, isDropped: false };
    this.connections.push(connection);
    return connection;
  }
}

export const INSTANCE_LOST = 'error instance_lost';
