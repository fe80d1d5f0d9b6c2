// What the server tells of three paths; a test of the crate holds them to the model.

import { readFileSync } from "node:fs";
import { prepare } from "../../assets/trace.js";

export const raw = (name) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
export const trace = (name) => prepare(raw(name));
export const NAMES = ["merge_assignment", "keep_stored_offsets", "accept_stale_commit"];
