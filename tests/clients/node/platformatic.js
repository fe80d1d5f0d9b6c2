// @platformatic/kafka.

import { Admin, Consumer, ProduceAcks, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { bootstrap, clientId, group, heartbeatMs, instance, onStop, partitions, records, rounds, run, sessionMs, slow, tell, topic } from './told.js'

const common = { clientId, bootstrapBrokers: [bootstrap] }

async function create () {
  const admin = new Admin(common)
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  await admin.close()
  tell('created')
}

async function produce () {
  const acks = { 0: ProduceAcks.NO_RESPONSE, 1: ProduceAcks.LEADER, all: ProduceAcks.ALL, idempotent: ProduceAcks.ALL }
  for (const round of rounds) {
    const producer = new Producer({
      ...common, serializers: stringSerializers, idempotent: round.acks === 'idempotent', acks: acks[round.acks], compression: round.compression
    })
    await producer.send({ messages: records(round.name).map(record => ({ topic, ...record })) })
    await producer.close()
    tell('produced', { round: round.name })
  }
}

async function consume () {
  const consumer = new Consumer({
    ...common,
    groupId: group,
    ...(instance && { groupInstanceId: instance }),
    deserializers: stringDeserializers,
    sessionTimeout: sessionMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: 30000,
    maxWaitTime: 100,
    autocommit: false
  })
  const owns = list => tell('owned', { partitions: [...list].sort((a, b) => a - b) })
  consumer.on('consumer:group:join', ({ assignments }) =>
    owns((assignments ?? []).filter(assigned => assigned.topic === topic).flatMap(assigned => assigned.partitions)))
  consumer.on('consumer:group:rebalance', () => owns([]))
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
  onStop(async () => {
    await stream.close()
    await consumer.close(true)
    owns([])
  })
  for await (const message of stream) {
    const { partition, offset, value } = message
    tell('consumed', { partition, offset: Number(offset), value })
    await slow()
    try {
      await message.commit()
      tell('committed', { partition, offset: Number(offset) + 1 })
    } catch (error) {
      tell('refused', { error: String(error) })
    }
  }
}

await run({ create, produce, consume })
