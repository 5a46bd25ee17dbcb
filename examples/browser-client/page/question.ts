/**
 * A question of the server's as a form on the page.
 *
 * @module
 */
import type {
  ElicitRequestParams,
  ElicitResult,
  PrimitiveSchemaDefinition,
} from '@modelcontextprotocol/sdk/types.js';

/** Shows a form below `place` and waits for the user. */
export function askUser(params: ElicitRequestParams, place: HTMLElement): Promise<ElicitResult> {
  // This client has not declared the other mode, in which the user is sent to a URL.
  if (params.mode === 'url') return Promise.resolve({ action: 'decline' });
  const { message, requestedSchema } = params;
  const fields = Object.entries(requestedSchema.properties).map(([name, schema]) =>
    fieldOf(name, schema, requestedSchema.required?.includes(name) === true),
  );
  const heading = document.createElement('strong');
  heading.textContent = message;
  const form = document.createElement('form');
  form.append(heading, ...fields.map(({ label }) => label), button('submit', 'Answer'));
  const decline = button('button', 'Decline');
  form.append(decline);
  place.append(form);
  return new Promise<ElicitResult>((resolve) => {
    decline.addEventListener('click', () => resolve({ action: 'decline' }));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      resolve({ action: 'accept', content: contentOf(fields) });
    });
  }).finally(() => form.remove());
}

interface Field {
  readonly name: string;
  readonly label: HTMLLabelElement;
  /** What the user has entered; undefined for nothing. */
  value(): string | number | boolean | undefined;
}

function contentOf(fields: readonly Field[]): Record<string, string | number | boolean> {
  const content: Record<string, string | number | boolean> = {};
  for (const { name, value } of fields) {
    const entered = value();
    if (entered !== undefined) content[name] = entered;
  }
  return content;
}

function fieldOf(name: string, schema: PrimitiveSchemaDefinition, required: boolean): Field {
  const label = document.createElement('label');
  label.append(`${schema.title ?? name} `);
  if ('enum' in schema) {
    const select = document.createElement('select');
    select.append(...schema.enum.map((value) => new Option(value)));
    label.append(select);
    return { name, label, value: () => select.value };
  }
  const input = document.createElement('input');
  label.append(input);
  if (schema.type === 'boolean') {
    input.type = 'checkbox';
    return { name, label, value: () => input.checked };
  }
  input.required = required;
  input.value = String(schema.default ?? '');
  if (schema.type === 'integer' || schema.type === 'number') {
    input.type = 'number';
    input.min = String(schema.minimum ?? '');
    input.max = String(schema.maximum ?? '');
    return { name, label, value: () => (input.value === '' ? undefined : input.valueAsNumber) };
  }
  return { name, label, value: () => (input.value === '' ? undefined : input.value) };
}

function button(type: 'submit' | 'button', text: string): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = type;
  element.textContent = text;
  return element;
}
