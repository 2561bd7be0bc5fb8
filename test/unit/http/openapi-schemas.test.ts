import t from 'tap';
import { type TSchema, Type } from 'typebox';
import { DocumentSchemas } from '../../../hub/http/openapi/openapi.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const shown = (schema: TSchema, direction: 'in' | 'out' = 'out') => new DocumentSchemas([]).of(schema, direction);

t.test('a schema with a title is a component, wherever it stands', async (t) => {
  const Thing = Type.Object({ a: Type.String() }, { title: 'Thing' });
  const schemas = new DocumentSchemas([Thing]);
  t.same(schemas.of(Type.Object({ one: Thing, more: Type.Array(Thing) }), 'out'), {
    type: 'object',
    required: ['one', 'more'],
    properties: { one: ref('Thing'), more: { type: 'array', items: ref('Thing') } },
  });
  t.same(schemas.components, {
    Thing: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
  });
  const other = Type.Object({ b: Type.String() }, { title: 'Thing' });
  t.throws(() => schemas.of(other, 'out'), { message: 'Two schemas that differ are called Thing' });
});

t.test('a member with a default is required of the hub, not of a client', async (t) => {
  const Asked = Type.Object({ name: Type.String(), size: Type.Integer({ default: 5 }) }, { title: 'Asked' });
  const both = new DocumentSchemas([Asked]);
  t.same(both.of(Asked, 'out'), ref('Asked'));
  t.same(both.of(Asked, 'in'), ref('AskedInput'));
  t.same(
    Object.entries(both.components).map(([name, { required }]) => [name, required]),
    [
      ['Asked', ['name', 'size']],
      ['AskedInput', ['name']],
    ],
  );
  t.same(new DocumentSchemas([]).of(Asked, 'in'), ref('Asked'), 'what the hub never answers with has the plain name');
});

t.test('constants are an enum', async (t) => {
  const either = Type.Union([Type.Literal('a'), Type.Literal('b')], { default: 'a' });
  t.same(shown(either), { type: 'string', enum: ['a', 'b'], default: 'a' });
  t.same(shown(Type.Union([Type.Literal('a'), Type.Null()])), {
    anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }],
  });
  t.same(shown(Type.Enum(['a', 'b'])), { enum: ['a', 'b'], type: 'string' });
});

t.test('a union of objects that a member tells apart has a discriminator', async (t) => {
  const Cat = Type.Object({ type: Type.Literal('cat'), lives: Type.Integer() }, { title: 'Cat' });
  const Dog = Type.Object({ type: Type.Literal('dog') }, { title: 'Dog' });
  const pets = {
    type: 'object',
    oneOf: [ref('Cat'), ref('Dog')],
    discriminator: {
      propertyName: 'type',
      mapping: { cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog' },
    },
  };
  t.same(shown(Type.Union([Cat, Dog])), pets);
  t.same(shown(Type.Union([Cat, Dog, Type.Null()])), { anyOf: [pets, { type: 'null' }] });
  const nameless = Type.Object({ type: Type.Literal('bird') });
  t.throws(() => shown(Type.Union([Cat, nameless])), { message: /type tells apart need titles: cat, bird/ });
  t.same(shown(Type.Union([Type.String(), Dog])), { anyOf: [{ type: 'string' }, ref('Dog')] });
});
