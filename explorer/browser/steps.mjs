// Steps as stateright's Explorer prints them, by the names that they have in links of this one.

const kebab = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
const partition = /^Partition \{ topic: TopicId\((\d+)\), index: (\d+) \}$/;

/** The name that a link of ours has for a step as stateright's Explorer prints it; null: none is needed. */
export function key(action) {
  const text = action.replace(/\s+/g, " ").replace(/, \}/g, " }").replace(/,\)/g, ")").replace(/\( /g, "(").replace(/ \)/g, ")");
  const sent = /^Id\(\d+\) → (Request|Response)\( ?Connection \{ client: ClientId\((\d+)\), number: (\d+) \}, (\w+)/.exec(text);
  if (sent) return `${sent[1] === "Request" ? "deliver" : "answer"} c${Number(sent[2]) + 1}#${Number(sent[3]) + 1} ${sent[4]}`;
  const coordinator = /^Timeout\(Id\(\d+\), Coordinator\((\w+)(?:\(MemberId\((\d+)\)\))?\)\)$/.exec(text);
  if (coordinator) return `coordinator:${kebab(coordinator[1])}${coordinator[2] ? `(m${Number(coordinator[2]) + 1})` : ""}`;
  const consumer = /^Timeout\(Id\(\d+\), Consumer\(ClientId\((\d+)\), (\w+)(?:\((.*)\))?\)\)$/.exec(text);
  if (!consumer) return null;
  const [, topic, index] = partition.exec(consumer[3] ?? "") ?? [];
  return `c${Number(consumer[1]) + 1}:${kebab(consumer[2])}${topic ? `(t${Number(topic) + 1}-${index})` : ""}`;
}
