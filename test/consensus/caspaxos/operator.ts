/** Whoever runs the cluster: has acceptors replaced that have lost their disks, and tells proposers of the configuration. */
import type { RegisterConfig } from "@syncline/consensus/caspaxos";
import type { RegisterWorld } from "./register-world.ts";

/** Someone who looks after the cluster from now and then. */
export interface Operator {
  /** The configuration that proposers are to use. */
  readonly config: RegisterConfig;
  /** Whether every acceptor that runs is a member. */
  readonly isAtRest: boolean;
  /** Whether the disk of this acceptor may be lost now. */
  mayLose(name: string): boolean;
  replaced(config: RegisterConfig): void;
  /** Looks at the cluster. */
  look(): void;
}

/** How often an operator looks. */
export const LOOK_EVERY_MS = 250;

/** An operator of this cluster. */
export const createOperator = (cluster: RegisterWorld, first: RegisterConfig): Operator => {
  let config = first;
  let lastEpoch = first.epoch;
  /** The replacement that is under way. */
  let wanted: RegisterConfig | null = null;

  const isMember = (name: string): boolean =>
    config.acceptors.some(
      (acceptor) => acceptor.name === name && acceptor.incarnation === cluster.incarnationOf(name),
    );

  const lost = (): readonly string[] =>
    config.acceptors.map(({ name }) => name).filter((name) => !isMember(name));

  const next = (name: string): RegisterConfig => {
    const incarnation = cluster.incarnationOf(name);
    if (wanted?.acceptors.some((acceptor) => acceptor.incarnation === incarnation) === true) {
      return wanted;
    }
    lastEpoch += 1;
    const acceptors = config.acceptors.map((acceptor) =>
      acceptor.name === name ? { name, incarnation } : acceptor,
    );
    return { ...config, epoch: lastEpoch, acceptors };
  };

  return {
    get config() {
      return config;
    },
    get isAtRest() {
      return lost().length === 0;
    },
    mayLose: (name) =>
      Math.min(config.acceptQuorum, config.prepareQuorum) >= 2 &&
      lost().every((other) => other === name) &&
      // A disk that is damaged is lost, too, as soon as somebody looks.
      config.acceptors.every(
        (other) => other.name === name || !cluster.world.node(other.name).hasDamage,
      ),
    replaced: (done) => {
      if (done.epoch <= config.epoch) return;
      config = done;
      wanted = null;
      cluster.configured(done);
    },
    look: () => {
      const [name] = lost();
      if (name === undefined || cluster.world.node(name).phase !== "running") return;
      wanted = next(name);
      cluster.expect(wanted);
      cluster.replace(name, wanted);
    },
  };
};
