// kafkajs.

import kafkajs from 'kafkajs'
import { bootstrap, clientId, group, heartbeatMs, onStop, partitions, records, rounds, run, sessionMs, slow, tell, topic } from './told.js'

const { CompressionTypes, Kafka, logLevel } = kafkajs
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const kafka = new Kafka({ brokers: [bootstrap], clientId, logLevel: logLevel.NOTHING })

async function create () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
  await admin.disconnect()
  tell('created')
}

async function produce () {
  for (const { name, acks, compression } of rounds) {
    const producer = kafka.producer({ idempotent: acks === 'idempotent' })
    await producer.connect()
    await producer.send({
      topic,
      acks: { 0: 0, 1: 1 }[acks] ?? -1,
      compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
      messages: records(name)
    })
    await producer.disconnect()
    tell('produced', { round: name })
  }
}

async function consume () {
  const consumer = kafka.consumer({
    groupId: group, sessionTimeout: sessionMs, heartbeatInterval: heartbeatMs, rebalanceTimeout: 30000, maxWaitTimeInMs: 100
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    tell('owned', { partitions: [...payload.memberAssignment[topic] ?? []].sort((a, b) => a - b) }))
  consumer.on(consumer.events.REBALANCING, () => tell('owned', { partitions: [] }))
  onStop(async () => {
    await consumer.disconnect()
    tell('owned', { partitions: [] })
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      tell('consumed', { partition, offset: Number(message.offset), value: message.value.toString() })
      await slow()
      const offset = Number(message.offset) + 1
      await consumer.commitOffsets([{ topic, partition, offset: String(offset) }])
      tell('committed', { partition, offset })
    }
  })
}

await run({ create, produce, consume })
