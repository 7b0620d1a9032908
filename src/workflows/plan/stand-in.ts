/**
 * What stands for a value that only a run would have: the output of a pod, an argument. Whatever is done with it gives another one,
 * named by its path: `<orders.output.files>`. It is true, it counts as 1, and as a list it has one element. As text and as JSON it
 * is its path.
 */
export const standIn = (path: string): unknown => inPlaceOf(path, {});

/** What can be called in JSON's texts and numbers, or in what they are made into. */
const METHODS = [String, Number, Date, Map, Object].map(({ prototype }): object => prototype);

/** What is found in it: a method, or data. */
const within = (path: string, key: string): unknown =>
  inPlaceOf(`${path}.${key}`, METHODS.some((prototype) => key in prototype) ? () => undefined : {});

function inPlaceOf(path: string, target: object): unknown {
  const text = `<${path}>`;
  const element = () => standIn(`${path}[]`);
  return new Proxy(target, {
    get(_target, key) {
      switch (key) {
        // An `await` of it would call it.
        case 'then':
          return undefined;
        case 'toJSON':
        case 'toString':
        case 'toLocaleString':
          return () => text;
        case Symbol.toPrimitive:
          return (hint: string) => (hint === 'number' ? 1 : text);
        case Symbol.iterator:
          return () => [element()].values();
        case 'length':
        case 'size':
          return 1;
        // What is looked for is there, and passes.
        case 'filter':
          return () => [element()];
        case 'find':
        case 'at':
          return element;
      }
      if (typeof key === 'symbol') return undefined;
      const ofList: unknown = Reflect.get(Array.prototype, key);
      if (typeof ofList === 'function') return (...args: unknown[]) => ofList.apply([element()], args) as unknown;
      return within(path, key);
    },
    apply: () => standIn(`${path}()`),
    construct: () => standIn(`new ${path}`) as object,
    has: (_target, key) => typeof key === 'string',
    ownKeys: () => ['key'],
    getOwnPropertyDescriptor: (_target, key) => ({
      configurable: true,
      enumerable: true,
      value: within(path, String(key)),
    }),
    set: () => true,
  });
}
