// Three etcd processes, and clients that speak gRPC to them over HTTP/2: two kinds of call, coded by hand, so that the client costs as little as it can.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:http2";
import { join } from "node:path";

/** What `etcd --version` says, or null if there is no etcd. */
export const version = () => {
  const { status, stdout } = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  return status === 0 ? (/Version: (\S+)/u.exec(stdout)?.[1] ?? "?") : null;
};

/** Starts the cluster and waits for a leader. */
export const start = async (directory, ports) => {
  const names = ["a", "b", "c"];
  const peerUrl = (index) => `http://127.0.0.1:${ports[index + 3]}`;
  const clientUrl = (index) => `http://127.0.0.1:${ports[index]}`;
  const cluster = names.map((name, index) => `${name}=${peerUrl(index)}`).join(",");
  const children = names.map((name, index) => {
    const options = {
      name,
      "data-dir": join(directory, name),
      "listen-client-urls": clientUrl(index),
      "advertise-client-urls": clientUrl(index),
      "listen-peer-urls": peerUrl(index),
      "initial-advertise-peer-urls": peerUrl(index),
      "initial-cluster": cluster,
      "initial-cluster-state": "new",
      logger: "zap",
      "log-level": "error",
    };
    const args = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
    return spawn("etcd", args, { stdio: "ignore" });
  });
  const leader = await leaderOf(names.map((_, index) => clientUrl(index)));
  return {
    pids: children.map(({ pid }) => pid),
    connect: () => connectTo(leader),
    stop: async () => {
      const ends = children.map((child) => once(child, "exit"));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ends);
    },
  };
};

/** The address of the member that is the leader, from the JSON gateway. */
const leaderOf = async (urls) => {
  for (;;) {
    for (const url of urls) {
      const status = await statusOf(url);
      if (status !== null && status.leader === status.header.member_id) return url;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const statusOf = (url) =>
  fetch(`${url}/v3/maintenance/status`, { method: "POST", body: "{}" }).then(
    (response) => response.json(),
    () => null,
  );

/** One connection. */
const connectTo = async (url) => {
  const session = connect(url);
  await once(session, "connect");
  const call = (path, message) =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      });
      let length = 0;
      let status = null;
      stream.on("trailers", (headers) => (status = headers["grpc-status"]));
      stream.on("response", (headers) => (status ??= headers["grpc-status"] ?? null));
      stream.on("data", (bytes) => (length += bytes.length));
      stream.on("error", reject);
      stream.on("end", () => {
        if (status === "0") resolve(length);
        else reject(new Error(`grpc-status ${status}`));
      });
      stream.end(message);
    });
  return {
    write: (key, value) =>
      call("/etcdserverpb.KV/Put", frameOf(fieldOf(1, key), fieldOf(2, value))),
    // A range of one key; linearizable unless it asks not to be.
    read: (key) => call("/etcdserverpb.KV/Range", frameOf(fieldOf(1, key))),
    close: () => session.close(),
  };
};

/** A field of bytes, shorter than 128. */
const fieldOf = (number, bytes) =>
  Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);

/** A message as gRPC frames it, not compressed. */
const frameOf = (...fields) => {
  const message = Buffer.concat(fields);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};
