/**
 * What happens to questions: they are asked, and answered by those who were asked and by others.
 *
 * Knows: how each step is sent. Does not know: what comes of it; the model does.
 *
 * @module
 */
import type { ModelCall, ModelQuestion, ModelSession } from './model-session.js';
import type { Model } from './session-model.js';
import { calls, labelOf, nonceOf, post, type Sides, step, usable } from './step.js';
import type { World } from './world.js';

type Intruding = readonly [ModelQuestion, ModelSession];

export const QUESTION_STEPS = {
  Ask: step<ModelCall>(calls, labelOf, async (call, _, { model, world }) => {
    const label = call.session.words('question');
    model.ask(call, label);
    const puppet = await world.puppet(call.label);
    puppet.ask(label).then(
      (content) => {
        world.history.push({ what: 'heard', session: call.session.nonce, content });
        world.outcomes.set(label, content);
      },
      () => world.outcomes.set(label, 'error'),
    );
    await world.quiet();
  }),

  Answer: step<ModelQuestion>(
    (model) => read(model).filter(({ outcome }) => outcome === undefined),
    labelOf,
    (question, _, sides) => answer(question, question.session, sides),
  ),

  AnswerTwice: step<ModelQuestion>(
    (model) => read(model).filter(({ outcome }) => outcome !== undefined),
    labelOf,
    (question, _, sides) => answer(question, question.session, sides),
  ),

  AnswerForeign: step<Intruding>(
    (model) =>
      read(model).flatMap((question) =>
        usable(model)
          .filter((session) => session !== question.session)
          .map((session): Intruding => [question, session]),
      ),
    ([question, session]) => `${labelOf(question)} by ${nonceOf(session)}`,
    ([question, session], _, sides) => answer(question, session, sides),
  ),
} as const;

/** Questions that their client knows of. */
const read = (model: Model) => model.questions.filter((question) => model.isRead(question));

function answer(question: ModelQuestion, session: ModelSession, sides: Sides): void {
  const { model, world } = sides;
  const words = session.words('answer');
  if (session === question.session) model.answer(question, words);
  else model.post(session, false);
  const id = wireIdOf(world, question);
  world.history.push({ what: 'answered', session: session.nonce, question: id, content: words });
  post(sides, session, { id, result: { action: 'accept', content: { words } } });
}

/** The id that a question had when it was read. */
function wireIdOf({ history }: World, { label }: ModelQuestion): string | number {
  for (const entry of history) {
    if (entry.what !== 'read' || entry.message?.params?.message !== label) continue;
    if (entry.message.id !== undefined) return entry.message.id;
  }
  throw new Error(`${label} was never read`);
}
