export { majorityOf } from "../majority.ts";
