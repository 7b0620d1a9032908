/** First word of each of the collector's own lines; what is between `begin` and `end` is the file, as base64. */
export const FRAME = '::temporal-pods-result::';
