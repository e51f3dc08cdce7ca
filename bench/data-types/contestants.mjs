// One adapter for each library. A value is made, filled, changed one operation at a time with the bytes that this operation costs on the wire,
// saved, forked and merged. `null` stands for a type that a library does not have.
//
// No library but delta-crdts and this one has an add-wins set. For the others the keys of a map stand for it, as their users do; of a concurrent
// addition and removal the later wins there.

const idOf = (number) => `a1b2c3d4e5f6${number.toString(16).padStart(4, "0")}`;

const syncline = async () => {
  const { awSet, lwwMap, pnCounter } = await import("@syncline/crdt");
  const of = (type, change) => ({
    create: (replica) => ({ replica: idOf(replica), state: type.bottom() }),
    fill: (value, count) => {
      for (let index = 0; index < count; index += 1) {
        type.apply(value.state, change(value, index));
      }
    },
    change: (value, index) => {
      const delta = change(value, index);
      type.apply(value.state, delta);
      return type.encode(delta);
    },
    save: (value) => type.encode(value.state),
    load: (bytes, replica) => ({ replica: idOf(replica), state: type.decode(bytes) }),
    merge: (value, bytes) => type.apply(value.state, type.decode(bytes)),
    size: (value) => (type === pnCounter ? 1 : type.value(value.state).size),
  });
  let timeMs = 1_700_000_000_000;
  return {
    counter: of(pnCounter, ({ state, replica }) => pnCounter.mutators.increment(state, replica)),
    set: of(awSet, ({ state, replica }, index) =>
      awSet.mutators.add(state, replica, `element-${index}`),
    ),
    map: of(lwwMap, ({ state, replica }, index) => {
      timeMs += 1;
      return lwwMap.mutators.set(state, replica, `key-${index}`, index, { timeMs, counter: 0 });
    }),
  };
};

const yjs = async () => {
  const Y = await import("yjs");
  const of = (write) => ({
    create: (replica) => {
      const doc = new Y.Doc();
      // As large as the ids that Yjs draws.
      doc.clientID = 3_000_000_000 + replica;
      const value = { doc, update: null };
      doc.on("update", (update) => (value.update = update));
      return value;
    },
    fill: ({ doc }, count) =>
      doc.transact(() => {
        for (let index = 0; index < count; index += 1) write(doc, index);
      }),
    change: (value, index) => {
      write(value.doc, index);
      return value.update;
    },
    save: ({ doc }) => Y.encodeStateAsUpdate(doc),
    load(bytes, replica) {
      const value = this.create(replica);
      Y.applyUpdate(value.doc, bytes);
      return value;
    },
    merge: ({ doc }, bytes) => Y.applyUpdate(doc, bytes),
    size: ({ doc }) => doc.getMap("m").size,
  });
  return {
    counter: null,
    set: of((doc, index) => doc.getMap("m").set(`element-${index}`, true)),
    map: of((doc, index) => doc.getMap("m").set(`key-${index}`, index)),
  };
};

const automerge = async () => {
  const { next: A } = await import("@automerge/automerge");
  const Automerge = A ?? (await import("@automerge/automerge"));
  const of = (empty, write) => {
    // The empty value is one change of everybody's, or each would have a map of its own.
    const start = Automerge.from(empty, "aa".repeat(16));
    return {
      create: (replica) => ({ doc: Automerge.clone(start, { actor: idOf(replica).repeat(2) }) }),
      fill: (value, count) => {
        value.doc = Automerge.change(value.doc, (draft) => {
          for (let index = 0; index < count; index += 1) write(draft, index);
        });
      },
      change: (value, index) => {
        value.doc = Automerge.change(value.doc, (draft) => write(draft, index));
        return Automerge.getLastLocalChange(value.doc);
      },
      save: ({ doc }) => Automerge.save(doc),
      load: (bytes, replica) => ({
        doc: Automerge.load(bytes, { actor: idOf(replica).repeat(2) }),
      }),
      merge: (value, bytes) => {
        value.doc = Automerge.merge(value.doc, Automerge.load(bytes));
      },
      size: ({ doc }) => (doc.m === undefined ? 1 : Object.keys(doc.m).length),
    };
  };
  return {
    counter: of({ c: new Automerge.Counter(0) }, (draft) => draft.c.increment(1)),
    set: of({ m: {} }, (draft, index) => (draft.m[`element-${index}`] = true)),
    map: of({ m: {} }, (draft, index) => (draft.m[`key-${index}`] = index)),
  };
};

const loro = async () => {
  const { LoroDoc } = await import("loro-crdt");
  const of = (write) => ({
    create: (replica) => {
      const doc = new LoroDoc();
      // As large as the ids that Loro draws.
      doc.setPeerId(2n ** 63n + BigInt(replica));
      return { doc };
    },
    fill: ({ doc }, count) => {
      for (let index = 0; index < count; index += 1) write(doc, index);
      doc.commit();
    },
    change: ({ doc }, index) => {
      const from = doc.version();
      write(doc, index);
      doc.commit();
      return doc.export({ mode: "update", from });
    },
    save: ({ doc }) => doc.export({ mode: "snapshot" }),
    load(bytes, replica) {
      const value = this.create(replica);
      value.doc.import(bytes);
      return value;
    },
    merge: ({ doc }, bytes) => doc.import(bytes),
    size: ({ doc }) => doc.getMap("m").size,
  });
  return {
    counter: of((doc) => doc.getCounter("c").increment(1)),
    set: of((doc, index) => doc.getMap("m").set(`element-${index}`, true)),
    map: of((doc, index) => doc.getMap("m").set(`key-${index}`, index)),
  };
};

const deltaCrdts = async () => {
  const { default: types } = await import("delta-crdts");
  const { encode, decode } = (await import("delta-crdts-msgpack-codec")).default;
  const of = (name, write) => ({
    create: (replica) => ({ replica: types(name)(idOf(replica)) }),
    fill: ({ replica }, count) => {
      for (let index = 0; index < count; index += 1) write(replica, index);
    },
    change: ({ replica }, index) => encode(write(replica, index)),
    save: ({ replica }) => encode(replica.state()),
    load(bytes, replica) {
      const value = this.create(replica);
      value.replica.apply(decode(bytes));
      return value;
    },
    merge: ({ replica }, bytes) => replica.apply(decode(bytes)),
    size: ({ replica }) => (name === "pncounter" ? 1 : replica.value().size),
  });
  return {
    counter: of("pncounter", (replica) => replica.inc()),
    set: of("aworset", (replica, index) => replica.add(`element-${index}`)),
    map: null,
  };
};

/** The libraries by the name of their package, this one first. */
export const contestants = {
  "@syncline/crdt": syncline,
  yjs,
  "@automerge/automerge": automerge,
  "loro-crdt": loro,
  "delta-crdts": deltaCrdts,
};
