import { Type } from 'typebox';

/** The result of a tool call, as the Model Context Protocol has it (`CallToolResult`). */

const Meta = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), { description: 'What the server adds, by name' }),
);
const Annotations = Type.Object(
  {
    audience: Type.Optional(Type.Array(Type.String({ description: '`user` or `assistant`' }))),
    priority: Type.Optional(Type.Number({ description: '0 to 1' })),
    lastModified: Type.Optional(Type.String({ description: 'ISO 8601' })),
  },
  { title: 'ContentAnnotations' },
);
const common = { annotations: Type.Optional(Annotations), _meta: Meta };
const base64 = (description: string) => Type.String({ description: `${description}, base64` });
const mimeType = Type.Optional(Type.String());

const TextContent = Type.Object(
  { type: Type.Literal('text'), text: Type.String(), ...common },
  { title: 'TextContent' },
);
const ImageContent = Type.Object(
  { type: Type.Literal('image'), data: base64('The image'), mimeType: Type.String(), ...common },
  { title: 'ImageContent' },
);
const AudioContent = Type.Object(
  { type: Type.Literal('audio'), data: base64('The sound'), mimeType: Type.String(), ...common },
  { title: 'AudioContent' },
);
const ResourceLink = Type.Object(
  {
    type: Type.Literal('resource_link'),
    uri: Type.String(),
    name: Type.String(),
    title: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    mimeType,
    size: Type.Optional(Type.Integer({ description: 'Bytes' })),
    ...common,
  },
  { title: 'ResourceLink' },
);
const EmbeddedResource = Type.Object(
  {
    type: Type.Literal('resource'),
    resource: Type.Object({
      uri: Type.String(),
      mimeType,
      text: Type.Optional(Type.String({ description: 'Of a text resource' })),
      blob: Type.Optional(base64('Of a binary resource: its bytes')),
      _meta: Meta,
    }),
    ...common,
  },
  { title: 'EmbeddedResource' },
);

/** A part of a tool's result; `type` gives its kind. */
export const ContentBlock = Type.Union([TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource], {
  title: 'ContentBlock',
});

export const ToolResult = Type.Object(
  {
    content: Type.Array(ContentBlock),
    structuredContent: Type.Optional(
      Type.Unknown({
        description: 'The result as data, as the tool’s `outputSchema` has it; an object of most servers',
      }),
    ),
    isError: Type.Boolean({ description: 'The tool failed; `content` says why' }),
    _meta: Meta,
  },
  { title: 'ToolResult' },
);
