// The group as kafka-consumer-groups.sh prints it: --describe, --members --verbose, --state. Pure functions.

const HOST = "/127.0.0.1";

/** The group's name: a recording has one of its own. */
export const groupName = (trace) => (trace.scenario.name === "recorded" ? trace.title : "group");

/** Columns padded as the tool pads them. */
export function columns(head, rows) {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => String(row[i]).length)));
  const line = (cells) => cells.map((cell, i) => String(cell).padEnd(widths[i])).join(" ").trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}

/** The note that the tool prints before the table, if the group's state calls for one. */
function note(group, name) {
  if (!group) return `Error: Consumer group '${name}' does not exist.`;
  if (group.state === "Empty") return `Consumer group '${name}' has no active members.`;
  if (group.state === "PreparingRebalance" || group.state === "CompletingRebalance") return `Warning: Consumer group '${name}' is rebalancing.`;
  return null;
}

/** Only a Stable group tells assignments. */
const assigned = (group, member) => (group.state === "Stable" ? member.assignment ?? [] : []);

export function offsets(trace, state) {
  const { group, committed } = state.coordinator;
  const name = groupName(trace);
  if (!group) return note(null, name);
  const split = (partition) => [partition.slice(0, partition.lastIndexOf("-")), partition.slice(partition.lastIndexOf("-") + 1)];
  const row = (partition, id, client) => {
    const offset = committed[partition];
    const end = trace.log_end;
    const lag = offset === undefined || end === null ? "-" : end - offset;
    return [name, ...split(partition), offset ?? "-", end ?? "?", lag, id, client ? HOST : "-", client ?? "-"];
  };
  const rows = [];
  const owned = new Set();
  for (const [id, member] of Object.entries(group.members)) {
    for (const partition of assigned(group, member)) {
      owned.add(partition);
      rows.push(row(partition, id, member.client));
    }
  }
  for (const partition of Object.keys(committed)) if (!owned.has(partition)) rows.push(row(partition, "-", null));
  const head = ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"];
  return [note(group, name), rows.length ? columns(head, rows) : null].filter(Boolean).join("\n\n") || "(no rows)";
}

export function members(trace, state) {
  const { group } = state.coordinator;
  const name = groupName(trace);
  if (!group) return note(null, name);
  const rows = Object.entries(group.members).map(([id, member]) => {
    const given = assigned(group, member);
    return [name, id, HOST, member.client, given.length, given.length ? byTopic(given) : "-"];
  });
  const head = ["GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS", "ASSIGNMENT"];
  return [note(group, name), rows.length ? columns(head, rows) : null].filter(Boolean).join("\n\n");
}

function byTopic(partitions) {
  const topics = new Map();
  for (const partition of partitions) {
    const at = partition.lastIndexOf("-");
    const topic = partition.slice(0, at);
    topics.set(topic, [...(topics.get(topic) ?? []), partition.slice(at + 1)]);
  }
  return [...topics].map(([topic, of]) => `${topic}(${of.join(",")})`).join(", ");
}

export function groupState(trace, state) {
  const { group } = state.coordinator;
  const name = groupName(trace);
  if (!group) return note(null, name);
  const stable = group.state === "Stable" || group.state === "CompletingRebalance";
  const row = [name, "localhost:9092 (1)", stable ? group.protocol ?? "" : "", group.state, Object.keys(group.members).length];
  return columns(["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"], [row]);
}
