/**
 * Sessions as they have to be: what may come of every request, and what each connection must show.
 *
 * It is told what clients and tools do, in order, and keeps the outcome as expectations. It is as exact as
 * the promises are: with one instance, every request has one allowed outcome.
 *
 * Knows: sessions, calls, questions and their ends. Does not know: HTTP, the endpoint.
 *
 * @module
 */
import { ModelPost } from './model-post.js';
import { type ModelCall, type ModelQuestion, ModelSession } from './model-session.js';
import { Expectation, ModelStream } from './model-stream.js';
import type { Setup } from './world.js';

/** What a client calls, and under which id. */
type Asked = Pick<ModelCall, 'id' | 'label'>;

export class Model {
  readonly setup: Setup;
  readonly sessions: ModelSession[] = [];
  readonly expectations: Expectation[] = [];
  #connections = 0;

  constructor(setup: Setup) {
    this.setup = setup;
  }

  get calls(): ModelCall[] {
    return this.sessions.flatMap(({ calls }) => calls);
  }

  get questions(): ModelQuestion[] {
    return this.sessions.flatMap(({ questions }) => questions);
  }

  /** The connection that was opened last. */
  get last(): Expectation {
    const last = this.expectations.at(-1);
    if (last === undefined) throw new Error('no connection was opened');
    return last;
  }

  /** True when the client that was asked has read the question, so that it can answer. */
  isRead({ label }: ModelQuestion): boolean {
    return this.expectations.some(({ lines }) =>
      lines.some((line) => line.endsWith(`ask ${label}`)),
    );
  }

  /** A name for a connection that is about to be opened. */
  nextKey(): string {
    this.#connections += 1;
    return `c${this.#connections}`;
  }

  expect(expectation: Expectation): Expectation {
    this.expectations.push(expectation);
    return expectation;
  }

  /** A handshake. Its answer can be a stream, and so be resumed. */
  open(user: string | undefined, version: string): ModelSession {
    const session = new ModelSession(`nonce-${this.sessions.length + 1}`, user, version);
    this.sessions.push(session);
    this.#answerAtOnce(session, session.nextRequest(), 'welcome');
    return session;
  }

  /** The session is looked up for a request of `user`; true when it is found. */
  find(session: ModelSession, user = session.user): boolean {
    if (session.life === 'live' && session.isStale && !session.isBusy) this.#growIdle(session);
    if (session.life === 'gone' || user !== session.user) return false;
    if (session.life === 'asleep') {
      session.life = 'live';
      session.isStale = false;
    }
    return true;
  }

  /** A call that is answered at once. */
  call(session: ModelSession, id: number, label: string): Expectation {
    if (!this.find(session)) return this.#refuse(404, `error ${id} session_not_found`);
    session.isStale = false;
    return this.#answerAtOnce(session, id, label);
  }

  /** Calls of one POST that go on until they are told to end; none when they were not let in. */
  begin(session: ModelSession, asked: readonly Asked[]): ModelCall[] {
    if (!this.find(session)) {
      const id = asked.length === 1 ? asked[0]?.id : undefined;
      this.#refuse(404, `error ${id} session_not_found`);
      return [];
    }
    session.isStale = false;
    const connection = this.expect(new Expectation(this.nextKey()));
    const post = new ModelPost(connection, asked.length, () => this.#newStream(session, false));
    session.posts.push(post);
    if (this.setup.responseMode === 'sse') post.startStreaming();
    const calls = asked.map((it) => ({ ...it, session, post, isOver: false, isMute: false }));
    session.calls.push(...calls);
    return calls;
  }

  /** A request with the id of one that runs. */
  repeat({ session, id }: ModelCall): Expectation {
    this.find(session);
    return this.#refuse(409, `error ${id} duplicate_id`);
  }

  /** A POST that wants no answer. */
  post(session: ModelSession, isUse: boolean): Expectation {
    if (!this.find(session)) return this.#refuse(404, 'error undefined session_not_found');
    if (isUse) session.isStale = false;
    return this.expect(Expectation.answer(this.nextKey(), 202));
  }

  /** A request of somebody who may not use the session. */
  intrude(session: ModelSession, user: string | undefined, id: number | undefined): Expectation {
    this.find(session, user);
    return this.#refuse(404, `error ${id} session_not_found`);
  }

  report(call: ModelCall, words: string): void {
    if (!call.isOver) this.#say(call, `progress ${words}`);
  }

  log(call: ModelCall, words: string): void {
    if (call.isMute || call.session.life !== 'live') return;
    if (!call.isOver) this.#say(call, `log ${words}`);
    else if (call.session.standalone?.isOpen) call.session.standalone.send(`log ${words}`);
  }

  ask(call: ModelCall, label: string): ModelQuestion {
    const { session } = call;
    const question: ModelQuestion = { label, session, outcome: undefined };
    const port = call.isOver ? undefined : this.#portOf(call);
    session.questions.push(question);
    if (port === undefined) question.outcome = 'error';
    port?.send(`ask ${label}`);
    return question;
  }

  /** The client has answered; only the first answer counts. */
  answer(question: ModelQuestion, words: string): Expectation {
    const { session } = question;
    const isFound = this.find(session);
    if (isFound && question.outcome === undefined) question.outcome = { words };
    return isFound
      ? this.expect(Expectation.answer(this.nextKey(), 202))
      : this.#refuse(404, 'error undefined session_not_found');
  }

  finish(call: ModelCall, words: string): void {
    this.#conclude(call, `result ${call.id} ${words}`);
  }

  fail(call: ModelCall, words: string): void {
    this.#conclude(call, `failure ${call.id} ${words}`);
  }

  /** The client wants no answer any more; one that it has is not taken back. */
  cancel(call: ModelCall): Expectation {
    const expectation = this.post(call.session, false);
    if (expectation.status === 202 && !call.isOver) {
      call.isOver = true;
      call.post.abandon();
      call.session.isStale = false;
    }
    return expectation;
  }

  /** The tool closes the connection of its call. */
  closeSse(call: ModelCall): void {
    if (call.session.isPolling && !call.isOver) call.post.close();
  }

  /** The tool closes the connection of its session's stream. */
  closeStandalone({ session }: ModelCall): void {
    if (!session.isPolling || session.life !== 'live' || !session.standalone?.isOpen) return;
    if (session.standalone.connection !== undefined) session.isStale = false;
    session.standalone.close();
  }

  /** The client hangs up, and the server knows. */
  drop(connection: Expectation): void {
    connection.isDropped = true;
    for (const session of this.sessions) {
      session.posts.find((post) => post.connection === connection)?.drop();
      const { stream } = connection;
      if (stream === undefined || !session.streams.includes(stream)) continue;
      stream.disconnect(connection);
      if (stream.isStandalone) this.#leave(session, stream);
    }
  }

  /** GET without an event id. */
  listen(session: ModelSession): Expectation {
    if (!this.find(session)) return this.#refuse(404, 'error undefined session_not_found');
    return this.#openStandalone(session, new Expectation(this.nextKey(), 200));
  }

  /** GET with the id of an event that the client has read. */
  resume(session: ModelSession, stream: ModelStream, after: number): Expectation {
    if (!this.find(session)) return this.#refuse(404, 'error undefined session_not_found');
    if (!session.streams.includes(stream))
      return this.#refuse(400, 'error undefined unknown_event');
    if (stream.isStandalone) return this.#resumeStandalone(session, stream, after);
    if (stream.isOver && !stream.hasAfter(after)) {
      return this.expect(Expectation.answer(this.nextKey(), 204));
    }
    const connection = this.expect(new Expectation(this.nextKey(), 200));
    stream.resume(connection, after);
    if (stream.isOver) connection.isEnded = true;
    return connection;
  }

  /** GET with an id that nobody was given; `isUse` when it names a place in the session's own stream. */
  resumeForged(session: ModelSession, isUse: boolean): Expectation {
    if (!this.find(session)) return this.#refuse(404, 'error undefined session_not_found');
    if (isUse) session.isStale = false;
    return this.#refuse(400, 'error undefined unknown_event');
  }

  /** The tools of the server have changed. */
  changeTools(): void {
    for (const { standalone, life } of this.sessions) {
      if (life === 'live' && standalone?.isOpen) standalone.send(TOOLS_CHANGED);
    }
  }

  delete(session: ModelSession): Expectation {
    if (!this.find(session)) return this.#refuse(404, 'error undefined session_not_found');
    this.end(session);
    return this.expect(Expectation.answer(this.nextKey(), 200));
  }

  /** The session is over for good. */
  end(session: ModelSession): void {
    for (const call of session.running) {
      this.#conclude(call, `error ${call.id} session_ended`);
    }
    for (const question of session.questions) question.outcome ??= 'error';
    this.#detach(session);
    session.life = 'gone';
    this.#mute(session);
  }

  /** Time passes. */
  age(): void {
    for (const session of this.sessions) session.isStale = true;
  }

  #refuse(status: number, line: string): Expectation {
    return this.expect(Expectation.answer(this.nextKey(), status, line));
  }

  #answerAtOnce(session: ModelSession, id: number, words: string): Expectation {
    const line = `result ${id} ${words}`;
    if (this.setup.responseMode === 'auto') {
      return this.expect(Expectation.answer(this.nextKey(), 200, line));
    }
    const connection = this.expect(new Expectation(this.nextKey(), 200));
    const stream = this.#newStream(session, false);
    stream.connect(connection);
    stream.send(line, true);
    stream.end();
    return connection;
  }

  #newStream(session: ModelSession, isStandalone: boolean): ModelStream {
    const key = `${session.nonce} stream ${session.streams.length}`;
    const stream = new ModelStream(key, isStandalone, session.isPolling, this.setup.maxEvents);
    session.streams.push(stream);
    return stream;
  }

  /** Where a running call's messages go; undefined when they reach nobody. */
  #portOf(call: ModelCall): ModelStream | undefined {
    const { post, session } = call;
    post.startStreaming();
    if (post.stream?.isOpen) return post.stream;
    const { standalone } = session;
    return standalone?.isOpen ? standalone : undefined;
  }

  #say(call: ModelCall, line: string): void {
    this.#portOf(call)?.send(line);
  }

  #conclude(call: ModelCall, line: string): void {
    if (call.isOver) return;
    call.isOver = true;
    call.post.answer(line);
    call.session.isStale = false;
  }

  #openStandalone(session: ModelSession, connection: Expectation): Expectation {
    this.expect(connection);
    session.isStale = false;
    if (!session.standalone?.isOpen) session.standalone = this.#newStream(session, true);
    session.standalone.connect(connection);
    return connection;
  }

  #resumeStandalone(session: ModelSession, stream: ModelStream, after: number): Expectation {
    session.isStale = false;
    const connection = new Expectation(this.nextKey(), 200);
    const isLive = session.standalone === stream && stream.isOpen;
    if (!isLive && session.standalone?.isOpen) {
      this.#openStandalone(session, connection);
      return this.#resync(session.standalone, connection);
    }
    this.expect(connection);
    session.standalone = stream;
    stream.isOver = false;
    const hasMissed = stream.resume(connection, after);
    // Nobody wrote to it while it was over, whatever happened.
    if (!isLive) return this.#resync(stream, connection);
    if (hasMissed) stream.send(TOOLS_CHANGED);
    return connection;
  }

  /** The client is told that it has missed something, and to look at everything. */
  #resync(stream: ModelStream, connection: Expectation): Expectation {
    stream.tellGap();
    stream.send(TOOLS_CHANGED);
    return connection;
  }

  /** A standalone stream's connection is gone: the stream waits if its client can come back. */
  #leave(session: ModelSession, stream: ModelStream): void {
    session.isStale = false;
    if (session.standalone === stream && !stream.isOpen) this.#detach(session);
  }

  #detach(session: ModelSession): void {
    session.standalone?.end();
    session.standalone = undefined;
  }

  #growIdle(session: ModelSession): void {
    this.#detach(session);
    session.life = this.setup.isSealed ? 'asleep' : 'gone';
    this.#mute(session);
  }

  /** A session's own server goes with it. */
  #mute({ calls, life }: ModelSession): void {
    for (const call of calls) call.isMute ||= this.setup.isFactory || life === 'gone';
  }
}

const TOOLS_CHANGED = 'notifications/tools/list_changed';
