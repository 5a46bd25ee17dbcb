/**
 * What the fixture servers answer and ask, the same words for both SDK lines.
 *
 * Knows: the texts, media and schemas that the suite looks for. Does not know: either SDK.
 *
 * @module
 */

/** A red pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** A header and no samples. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

export const SERVER_INFO = { name: 'everything', version: '1.0.0' };

/** Between two messages of one call, so that a client sees them one by one. */
export const PAUSE_MS = 50;

/** From the end of the connection to the answer. */
export const RECONNECTION_MS = 100;

export const LOG_LINES = ['Work has begun', 'Work is half done', 'Work is done'];

export const PROGRESS_STEPS = [0, 50, 100];

export const text = (words: string) => ({ type: 'text' as const, text: words });

export const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };

export const audio = { type: 'audio' as const, data: WAV, mimeType: 'audio/wav' };

/** A text resource inside a result. */
export function embedded(uri: string, mimeType: string, words: string) {
  return { type: 'resource' as const, resource: { uri, mimeType, text: words } };
}

/** The answers of the tools that say the same thing every time. */
export const CONTENT_TOOLS = [
  {
    name: 'test_simple_text',
    description: 'Answers with one text',
    content: [text('Nothing but text.')],
  },
  { name: 'test_image_content', description: 'Answers with an image', content: [image] },
  { name: 'test_audio_content', description: 'Answers with a sound', content: [audio] },
  {
    name: 'test_embedded_resource',
    description: 'Answers with a resource',
    content: [embedded('test://embedded-resource', 'text/plain', 'A resource inside a result.')],
  },
  {
    name: 'test_multiple_content_types',
    description: 'Answers with text, an image and a resource',
    content: [
      text('Three kinds of content:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"kinds":3}'),
    ],
  },
];

/** The prompts that take no arguments. */
export const PLAIN_PROMPTS = [
  {
    name: 'test_simple_prompt',
    description: 'One message',
    messages: [{ role: 'user' as const, content: text('A prompt without arguments.') }],
  },
  {
    name: 'test_prompt_with_image',
    description: 'An image and a question about it',
    messages: [
      { role: 'user' as const, content: image },
      { role: 'user' as const, content: text('What is in the image above?') },
    ],
  },
];

/** The resources at fixed addresses. */
export const RESOURCES = [
  {
    name: 'static-text',
    uri: 'test://static-text',
    config: { description: 'A text that never changes', mimeType: 'text/plain' },
    contents: { text: 'This text never changes.' },
  },
  {
    name: 'static-binary',
    uri: 'test://static-binary',
    config: { description: 'An image that never changes', mimeType: 'image/png' },
    contents: { blob: PNG },
  },
  {
    name: 'watched-resource',
    uri: 'test://watched-resource',
    config: { description: 'A resource to subscribe to', mimeType: 'text/plain' },
    contents: { text: 'Somebody may be watching this.' },
  },
];

export const TEMPLATE = {
  name: 'template',
  uri: 'test://template/{id}/data',
  config: { description: 'Data of one id', mimeType: 'application/json' },
};

/** What `test_elicitation` asks for. */
export const PERSON_FORM = {
  type: 'object' as const,
  properties: {
    username: { type: 'string' as const, description: 'Name of the user' },
    email: { type: 'string' as const, description: 'Address of the user' },
  },
  required: ['username', 'email'],
};

/** A default for every primitive type (SEP-1034). */
export const DEFAULTS_FORM = {
  type: 'object' as const,
  properties: {
    name: { type: 'string' as const, default: 'John Doe' },
    age: { type: 'integer' as const, default: 30 },
    score: { type: 'number' as const, default: 95.5 },
    status: {
      type: 'string' as const,
      enum: ['active', 'inactive', 'pending'],
      default: 'active',
    },
    verified: { type: 'boolean' as const, default: true },
  },
};

const OPTIONS = ['option1', 'option2', 'option3'];

const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];

/** Every way to offer a choice (SEP-1330). */
export const ENUMS_FORM = {
  type: 'object' as const,
  properties: {
    untitledSingle: { type: 'string' as const, enum: OPTIONS },
    titledSingle: { type: 'string' as const, oneOf: TITLED },
    legacyEnum: {
      type: 'string' as const,
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['One', 'Two', 'Three'],
    },
    untitledMulti: {
      type: 'array' as const,
      items: { type: 'string' as const, enum: OPTIONS },
    },
    titledMulti: { type: 'array' as const, items: { anyOf: TITLED } },
  },
};

/** Input of `json_schema_2020_12_tool`, to be listed word for word (SEP-1613, SEP-2106). */
export const JSON_SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword, on an object nobody awaits.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};
