/** An object with some of its methods replaced. All other members are the target's. */
export function overriding<T extends object>(target: T, methods: Partial<T>): T {
  const bound = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(methods, name)) return methods[name as keyof T];
      let value = bound.get(name);
      if (value === undefined) {
        const own: unknown = Reflect.get(target, name);
        // A method that is called on the proxy would not find its private fields.
        value = typeof own === 'function' ? own.bind(target) : own;
        if (typeof own === 'function') bound.set(name, value);
      }
      return value;
    },
  });
}
