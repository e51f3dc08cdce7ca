/** Named events, with listeners that cannot harm whoever tells them. */

/** The arguments of each event, by its name. */
export type EventArguments = { readonly [name: string]: readonly unknown[] };

/** A listener of an event. */
export type Listener<Arguments extends readonly unknown[]> = (...args: Arguments) => void;

/** What can be listened to. */
export interface Listening<Events extends EventArguments> {
  /** Calls the listener at each event, until the function that it returns, or `off`, is called. */
  on<Name extends keyof Events & string>(name: Name, listener: Listener<Events[Name]>): () => void;
  /** Calls the listener at the next event only. */
  once<Name extends keyof Events & string>(
    name: Name,
    listener: Listener<Events[Name]>,
  ): () => void;
  /** Ends what `on` began. */
  off<Name extends keyof Events & string>(name: Name, listener: Listener<Events[Name]>): void;
}

/** Who tells the events. */
export interface Emitter<Events extends EventArguments> extends Listening<Events> {
  /** Calls the listeners, in the order in which they came. */
  emit<Name extends keyof Events & string>(name: Name, ...args: Events[Name]): void;
  /** Forgets all listeners. */
  clear(): void;
}

/** An emitter without listeners. */
export const createEmitter = <Events extends EventArguments>(): Emitter<Events> => {
  const listeners: { [Name in keyof Events]?: Map<unknown, Listener<Events[Name]>> } = {};

  const add = <Name extends keyof Events>(
    name: Name,
    key: unknown,
    listener: Listener<Events[Name]>,
  ): (() => void) => {
    const ofName = (listeners[name] ??= new Map<unknown, Listener<Events[Name]>>());
    ofName.set(key, listener);
    return () => {
      ofName.delete(key);
    };
  };

  return {
    on: (name, listener) => add(name, listener, listener),
    once: (name, listener) => {
      const stop = add(name, listener, (...args) => {
        stop();
        listener(...args);
      });
      return stop;
    },
    off: (name, listener) => {
      listeners[name]?.delete(listener);
    },
    emit: (name, ...args) => {
      // A copy: who begins to listen now is told of the next event, not of this one.
      for (const listener of Array.from(listeners[name]?.values() ?? [])) {
        fenced(() => {
          listener(...args);
        });
      }
    },
    clear: () => {
      for (const ofName of Object.values(listeners)) ofName?.clear();
    },
  };
};

/**
 * Calls the application's code. What it throws is thrown again on its own, where the runtime reports it as uncaught.
 *
 * Thrown on, it would stop the machine that is being run at that moment, and the space with it.
 */
export const fenced = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    throwLater(error);
  }
};

/** Throws the application's own exception where nobody but the runtime catches it. */
export const throwLater = (error: unknown): void => {
  queueMicrotask(() => {
    throw error;
  });
};
