// Links: a screen, a scenario, the names of the steps, the place that is looked at.

const NUMBERS = ["consumers", "topics", "partitions", "records", "generations", "members"];
const TEXTS = ["scenario", "mutation", "assignor", "release"];

const encode = (text) => encodeURIComponent(text).replace(/%20/g, "+").replace(/%3A/gi, ":").replace(/%2C/gi, ",");

function decode(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    throw new Error(`the link has a part that cannot be read: ${text}`);
  }
}

/** The query of a link. The path's names are kept apart by commas, which no name has. */
export function format(screen, values) {
  const parts = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    if (name === "spec") parts.push(...specParts(value));
    else if (name === "path") parts.push(`path=${value.map(encode).join(",")}`);
    else parts.push(`${name}=${encode(String(value))}`);
  }
  return `#/${screen}${parts.length ? `?${parts.join("&")}` : ""}`;
}

function specParts(spec) {
  const parts = [...TEXTS, ...NUMBERS].filter((name) => spec[name] !== undefined && spec[name] !== null);
  const told = parts.map((name) => `${name}=${encode(String(spec[name]))}`);
  if (spec.faults) told.push(`faults=${Object.entries(spec.faults).map(([f, n]) => `${f}:${n}`).join(",")}`);
  return told;
}

/** What a link says; throws with what is wrong with it. */
export function parse(hash) {
  const [screen, query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const link = { screen: screen || "catalogue", values: {} };
  for (const part of query.split("&").filter(Boolean)) {
    const [name, value = ""] = part.split(/=(.*)/s);
    if (name === "path") link.values.path = value === "" ? [] : value.split(",").map(decode);
    else link.values[name] = decode(value);
  }
  link.values.spec = readSpec(link.values);
  for (const name of ["step", "n", "wander", "seed", "back_to"]) {
    if (link.values[name] !== undefined) link.values[name] = number(name, link.values[name]);
  }
  return link;
}

function readSpec(values) {
  if (!values.scenario) return null;
  const spec = {};
  for (const name of TEXTS) if (values[name] !== undefined) spec[name] = values[name];
  for (const name of NUMBERS) if (values[name] !== undefined) spec[name] = number(name, values[name]);
  if (values.faults !== undefined) {
    spec.faults = {};
    for (const part of values.faults.split(",").filter(Boolean)) {
      const [fault, count] = part.split(":");
      if (!["crash", "give_up", "expire", "leave", "poll_timeout", "subscribe", "failover", "partitions", "tools"].includes(fault)) throw new Error(`the link names a fault '${fault}'`);
      spec.faults[fault] = number(`faults ${fault}`, count);
    }
  }
  return spec;
}

function number(name, text) {
  if (!/^\d{1,6}$/.test(text ?? "")) throw new Error(`the link says ${name}=${text}, which is no number`);
  return Number(text);
}
