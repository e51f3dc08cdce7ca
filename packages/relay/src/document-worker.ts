/** The worker thread that opens documents: whatever a payload does to Yjs, it does it here. Started by its file name. */
import { parentPort } from "node:worker_threads";
import { doJob, type JobMessage, unpackJob, type WorkerMessage } from "./document-job.ts";

const answerOf = (message: JobMessage): WorkerMessage => {
  try {
    return { kind: "done", results: doJob(unpackJob(message)) };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
};

const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

parentPort?.on("message", (message: JobMessage) => {
  say(answerOf(message));
});
say({ kind: "ready" });
