// kafka-ts.

import kafkaTs from 'kafka-ts'
import { bootstrap, clientId, group, instance, onStop, partitions, records, rounds, run, sessionMs, slow, tell, topic } from './told.js'

const { API, createKafkaClient, setLogger } = kafkaTs
const [host, port] = bootstrap.split(':')
const kafka = createKafkaClient({ clientId, bootstrapServers: [{ host, port: Number(port) }] })

// The library tells its assignments to its log only.
const debug = (message, fields) => {
  if (message === 'Updated member assignment') {
    tell('owned', { partitions: [...fields.assignment[topic] ?? []].sort((a, b) => a - b) })
  }
}
const error = (message, fields) => tell('refused', { error: `${message}: ${fields}` })
setLogger({ debug, info: () => {}, warn: () => {}, error })

async function create () {
  const cluster = kafka.createCluster()
  await cluster.connect()
  await cluster.sendRequest(API.CREATE_TOPICS, {
    validateOnly: false,
    timeoutMs: 10000,
    topics: [{ name: topic, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }]
  })
  await cluster.disconnect()
  tell('created')
}

// The library has one way to produce: idempotent, to all replicas, without compression.
async function produce () {
  for (const { name } of rounds) {
    const producer = kafka.createProducer({})
    await producer.send(records(name).map(record => ({ topic, ...record })))
    await producer.close()
    tell('produced', { round: name })
  }
}

// The library commits what its batch handler has returned from.
async function consume () {
  const consumer = await kafka.startConsumer({
    groupId: group,
    groupInstanceId: instance,
    topics: [topic],
    sessionTimeoutMs: sessionMs,
    rebalanceTimeoutMs: 30000,
    maxWaitMs: 100,
    fromBeginning: true,
    onBatch: async messages => {
      for (const { partition, offset, value } of messages) {
        tell('consumed', { partition, offset: Number(offset), value: value.toString() })
      }
      await slow()
    }
  })
  consumer.on('rebalanceInProgress', () => tell('owned', { partitions: [] }))
  onStop(async () => {
    await consumer.close()
    tell('owned', { partitions: [] })
  })
}

await run({ create, produce, consume })
