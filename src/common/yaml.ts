import { parseAllDocuments, type ScalarTag, type YAMLParseError } from 'yaml';
import { messageOf } from './message-of.ts';

/** `0644` is a file mode, as kubectl reads it; YAML 1.2 alone would make it six hundred and forty-four. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0[0-7]+$/,
  resolve: (text) => parseInt(text, 8),
};

/**
 * The one document of a YAML text, as plain values. JSON is YAML, so this reads both.
 *
 * @param quotes whether a message may show what stands where the mistake is: an operator's file may hold secrets, its place says enough
 * @throws Error whose message goes on a sentence that begins with what was read: `… is not valid YAML or JSON: …`
 */
export function readYaml(text: string, { quotes = true } = {}): unknown {
  const documents = parseAllDocuments(text, { merge: true, customTags: (tags) => [octal, ...tags] });
  const found = 'empty' in documents ? 0 : documents.length;
  const error = 'empty' in documents ? undefined : documents.flatMap((document) => document.errors)[0];
  if (error) throw malformed(quotes ? error : placeOf(error));
  if (found !== 1 || 'empty' in documents)
    throw new Error(`holds ${found === 0 ? 'nothing' : `${found} YAML documents`}; it must be exactly one`);
  try {
    // Plain values only: what JSON cannot say would not arrive as it was sent.
    return JSON.parse(JSON.stringify(documents[0]?.toJS())) as unknown;
  } catch (thrown) {
    throw malformed(thrown);
  }
}

function placeOf({ code, linePos }: YAMLParseError): string {
  const at = linePos?.[0];
  return at ? `${code} at line ${at.line}, column ${at.col}` : code;
}

const malformed = (error: unknown) =>
  new Error(`is not valid YAML or JSON: ${messageOf(error).trimEnd().replaceAll('\n', '\n  ')}`);
