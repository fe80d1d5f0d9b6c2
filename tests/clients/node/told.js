// What the driver tells a client by its environment, and the events that it is told in turn, one JSON object a line.

const of = (name, otherwise) => process.env[`MUSTER_${name}`] || otherwise

export const bootstrap = of('BOOTSTRAP', 'localhost:9092')
export const topic = of('TOPIC', 't')
export const partitions = Number(of('PARTITIONS', '1'))
export const group = of('GROUP', 'g')
export const clientId = of('CLIENT_ID', 'client')
export const instance = of('INSTANCE', undefined)
export const sessionMs = Number(of('SESSION_MS', '10000'))
export const heartbeatMs = Number(of('HEARTBEAT_MS', '1000'))

const slowMs = Number(of('SLOW_MS', '0'))
let processed = 0

// The fifth time that something is processed takes long, if it is to.
export const slow = () => new Promise(resolve => setTimeout(resolve, ++processed === 5 ? slowMs : 0))

// Each round of records to produce: its name, acks or 'idempotent', and the compression.
export const rounds = of('ROUNDS', 'all-none').split(',').map(name => {
  const [acks, compression] = name.split('-')
  return { name, acks, compression }
})

// Partition and value of each record of a round.
export function records (name) {
  const numbers = [...Array(Number(of('COUNT', '1'))).keys()]
  return [...Array(partitions).keys()].flatMap(partition =>
    numbers.map(number => ({ partition, value: `${name}/${partition}/${number}` })))
}

export const tell = (event, fields = {}) => process.stdout.write(JSON.stringify({ event, ...fields }) + '\n')

// Does something when the driver wants the client to leave, and ends.
export const onStop = leave => process.on('SIGTERM', async () => {
  await leave()
  tell('left')
  process.exit(0)
})

export const run = async commands => {
  try {
    await commands[process.argv[2]]()
  } catch (error) {
    tell('error', { error: String(error) })
    process.exitCode = 1
  }
}
