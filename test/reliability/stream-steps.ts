/**
 * What happens to streams: clients open, lose and resume them, with ids that are theirs or not.
 *
 * Knows: how each step is sent. Does not know: what comes of it; the model does.
 *
 * @module
 */
import { finish, report, sent } from './call-steps.js';
import type { ModelCall, ModelSession } from './model-session.js';
import type { Expectation, ModelStream } from './model-stream.js';
import {
  eventIdOf,
  get,
  hangUp,
  keyOf,
  labelOf,
  nonceOf,
  open,
  running,
  type Sides,
  sessions,
  step,
  usable,
} from './step.js';

type Resuming = readonly [ModelSession, ModelStream];

export const STREAM_STEPS = {
  Listen: step<ModelSession>(sessions, nonceOf, (session, _, sides) => {
    sides.model.listen(session);
    get(sides, session);
  }),

  DropListen: step<Expectation>(
    (model) => open(model).filter(({ stream }) => stream?.isStandalone === true),
    keyOf,
    (connection, choice, sides) => hangUp(connection, choice % 3 === 0, sides),
  ),

  ListChanged: step<readonly ModelSession[]>(
    (model) => [usable(model)].filter(({ length }) => length > 0),
    (told) => told.map(nonceOf).join(' and '),
    async (_, __, { model, world }) => {
      model.changeTools();
      world.changeTools();
      // Nobody waits for what is kept for a client that is away.
      await world.quiet();
    },
  ),

  /** With the latest id or an older one; before the server knows that the old connection is gone, or after. */
  Resume: step<Resuming>(
    (model) => sessions(model).flatMap(readBy),
    named,
    (resuming, choice, sides) => {
      const [, { connection }] = resuming;
      const isBroken = connection !== undefined && !connection.isDeaf && choice % 3 === 0;
      if (isBroken) hangUp(connection, false, sides);
      resume(resuming, choice, sides);
    },
  ),

  /** With an id that another session was given. */
  ResumeForeign: step<readonly [ModelSession, ModelSession, ModelStream]>(
    (model) =>
      usable(model).flatMap((session) =>
        model.sessions
          .filter((other) => other !== session)
          .flatMap(readBy)
          .map(([other, stream]) => [session, other, stream] as const),
      ),
    ([session, other, stream]) => `${nonceOf(session)} with ${named([other, stream])}`,
    ([session, , stream], choice, sides) => {
      sides.model.resume(session, stream, seenBy(stream, choice));
      get(sides, session, eventIdOf(sides.world, stream, seenBy(stream, choice)));
    },
  ),

  /** With an id that nobody was given. */
  ResumeForged: step<Resuming>(
    (model) => usable(model).flatMap(readBy),
    named,
    ([session, stream], choice, sides) => {
      const id = eventIdOf(sides.world, stream, stream.head);
      const forged = [...strangers(id), ...(isFindable(stream) ? nearMisses(id, stream) : [])];
      const nth = choice % forged.length;
      sides.model.resumeForged(session, stream.isStandalone && nth >= strangers(id).length);
      get(sides, session, forged[nth]);
    },
  ),

  /** Something is said while the client is on its way back. */
  ReportWhileResuming: step<ModelCall>(
    (model) => running(model).filter(isAlone),
    labelOf,
    async (call, choice, sides) => {
      const reporting = report(call, sides);
      if (call.post.stream !== undefined) resume([call.session, call.post.stream], choice, sides);
      await reporting;
    },
  ),

  /** The call ends while the client is on its way back. */
  FinishWhileResuming: step<ModelCall>(
    (model) => running(model).filter(isAlone),
    labelOf,
    async (call, choice, sides) => {
      await finish(call, sides);
      if (call.post.stream !== undefined) resume([call.session, call.post.stream], choice, sides);
      await sent(call, sides);
    },
  ),
} as const;

/** Ends what runs. */
export async function finishAll(sides: Sides): Promise<void> {
  for (const call of running(sides.model)) {
    await finish(call, sides);
    await sent(call, sides);
  }
}

/** Every client comes back for the rest of every answer. */
export function resumeAll(sides: Sides): void {
  for (const [session, stream] of usable(sides.model).flatMap(readBy)) {
    if (!stream.isStandalone) resume([session, stream], 0, sides);
  }
}

/** The streams of which a session's client can name an event. */
const readBy = (session: ModelSession): Resuming[] =>
  session.streams.filter(({ seen }) => seen.size > 0).map((stream) => [session, stream]);

function named([session, stream]: Resuming): string {
  return `${stream.isStandalone ? 'standalone ' : ''}${stream.key} of ${nonceOf(session)}`;
}

/** Nobody reads the call's stream, but its client can come back. */
const isAlone = ({ post: { stream } }: ModelCall): boolean =>
  stream !== undefined &&
  stream.seen.size > 0 &&
  stream.connection?.isDeaf !== false &&
  // Of a full log the oldest event is given up: before it is replayed or after.
  !stream.isFull;

/** The latest position that the client has read, or an older one. */
function seenBy({ seen }: ModelStream, choice: number): number {
  const positions = [...seen].sort((a, b) => b - a);
  return positions[choice % 2 === 0 ? 0 : choice % positions.length] ?? 0;
}

function resume([session, stream]: Resuming, choice: number, sides: Sides): void {
  const position = seenBy(stream, choice);
  sides.model.resume(session, stream, position);
  get(sides, session, eventIdOf(sides.world, stream, position));
}

/** Ids of no stream of anybody. */
function strangers(id: string): string[] {
  const [stream = '', epoch = '', position = ''] = id.split('.');
  const flipped = epoch.startsWith('A') ? `B${epoch.slice(1)}` : `A${epoch.slice(1)}`;
  return [
    `${stream}.${flipped}.${position}`,
    `${stream}x.${epoch}.${position}`,
    `${id}.${position}`,
    '*',
  ];
}

/** Places that a stream does not have. */
function nearMisses(id: string, { head }: ModelStream): string[] {
  const prefix = id.slice(0, id.lastIndexOf('.') + 1);
  return ['-1', `${head + 1}`, `0${head}`, '1e1'].map((place) => prefix + place);
}

/** A standalone stream that is over may be answered with the one that has taken its place. */
const isFindable = ({ isStandalone, isOpen }: ModelStream) => !isStandalone || isOpen;
